{{ config(incremental_strategy='replace_batch', meta={'feed': ['fair_attendance', 'placements']}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employer') }}
-- depends_on: {{ ref('dim_occupation') }}
-- depends_on: {{ ref('dim_person') }}
-- depends_on: {{ ref('fct_fair_session') }}
-- One row a job start. Where the attendance chain tells of it, it is the chain's row, with the checks of the service centre beside it; a start that only the
-- service centre knows (counter, online, commune) is a row of its own. A check is in_job, lost, unknown (nobody was reached) or not_checked: the last two are
-- not failure. The service centre tells neither residence nor group, so they are those of the person as last seen on or before the start: a later sighting says
-- nothing of that day.
with seen_before as (
    select distinct on (followed.sender_code, followed.placement_no)
        followed.sender_code,
        followed.placement_no,
        {{ priority_flags('seen.priority_groups') }},
        coalesce(area.is_border, false) as is_border,
        area.area_sk,
        area.parent_district_code as district_code
    from {{ ref('int_placement__followed') }} as followed
    inner join {{ ref('int_person__seen') }} as seen on followed.person_key = seen.resolved_key and followed.start_date >= seen.seen_on
    left join {{ ref('int_area__keyed') }} as area
        on area.level = 'commune' and seen.commune_code = area.code
            and seen.seen_on >= area.valid_from and seen.seen_on < area.valid_to
    where {{ in_scope(['fair_attendance', 'placements'], 'followed') }}
    order by followed.sender_code asc, followed.placement_no asc, seen.seen_on desc, seen.batch_id desc
)

select
    {{ surrogate_key(['start.sender_code', 'start.session_no', 'start.attendance_no']) }} as placement_sk,
    start.sender_code,
    start.period,
    start.session_no,
    start.attendance_no,
    start.batch_id,
    start.row_no,
    start.session_sk,
    start.person_sk,
    case
        when start.employer_no is null then -1
        else {{ surrogate_key(['start.sender_code', 'start.employer_no']) }}
    end as employer_sk,
    coalesce(job_order.order_sk, -1) as order_sk,
    coalesce(job_order.occupation_sk, -1) as occupation_sk,
    job_order.occupation_official,
    job_order.occupation_detail,
    job_order.coding_method,
    job_order.coding_score,
    start.residence_area_sk as area_sk,
    start.district_code,
    to_char(start.start_date, 'YYYYMMDD')::int as start_date_sk,
    'fair' as channel,
    {{ priority_flags('start.priority_groups') }},
    start.is_border,
    start.start_date - start.held_on as days_to_start,
    coalesce(followed.check_start, 'not_checked') as check_start,
    coalesce(followed.check_m3, 'not_checked') as check_m3,
    coalesce(followed.check_m6, 'not_checked') as check_m6,
    coalesce(followed.check_m12, 'not_checked') as check_m12,
    followed.start_evidence,
    followed.contract_type,
    followed.wage_vnd,
    followed.placement_no
from {{ ref('int_attendance__keyed') }} as start
left join {{ ref('fct_job_order') }} as job_order
    on start.sender_code = job_order.sender_code and start.order_no = job_order.order_no
left join {{ ref('int_placement__matched') }} as followed
    on start.sender_code = followed.chain_sender and start.session_no = followed.session_no and start.attendance_no = followed.chain_attendance_no
where {{ in_scope(['fair_attendance', 'placements'], 'start') }} and start.start_date is not null and start.accepted
union all
select
    {{ surrogate_key(['followed.sender_code', 'followed.placement_no']) }},
    followed.sender_code,
    followed.period,
    followed.session_no,
    null,
    followed.batch_id,
    followed.row_no,
    -2,
    case when followed.person_key is null then -1 else {{ surrogate_key(['followed.person_key']) }} end,
    coalesce(employer.employer_sk, -1),
    coalesce(job_order.order_sk, -1),
    -- an order that could not be coded says nothing of the job: the words of the check then do
    coalesce(nullif(job_order.occupation_sk, -1), given.occupation_l2_sk, title.occupation_l2_sk, -1),
    coalesce(job_order.occupation_official, given.occupation_code, title.occupation_code),
    coalesce(job_order.occupation_detail, given.occupation_code, title.detail_code, title.occupation_code),
    case
        when job_order.occupation_official is not null then job_order.coding_method
        when given.occupation_code is not null then 'given'
        else coalesce(title.method, job_order.coding_method)
    end,
    case
        when job_order.occupation_official is not null then job_order.coding_score
        when given.occupation_code is not null then 1.0
        else coalesce(title.score, job_order.coding_score)
    end,
    coalesce(person.area_sk, -1),
    coalesce(person.district_code, 'unknown'),
    to_char(followed.start_date, 'YYYYMMDD')::int,
    followed.channel,
    {{ priority_columns('person', 'false') }},
    coalesce(person.is_border, false),
    null,
    followed.check_start,
    followed.check_m3,
    followed.check_m6,
    followed.check_m12,
    followed.start_evidence,
    followed.contract_type,
    followed.wage_vnd,
    followed.placement_no
from {{ ref('int_placement__followed') }} as followed
left join {{ ref('int_placement__matched') }} as matched
    on followed.sender_code = matched.sender_code and followed.placement_no = matched.placement_no
left join seen_before as person on followed.sender_code = person.sender_code and followed.placement_no = person.placement_no
left join {{ ref('dim_employer') }} as employer
    on followed.employer_district = employer.sender_code and followed.employer_no = employer.employer_no
left join {{ ref('fct_job_order') }} as job_order
    on followed.employer_district = job_order.sender_code and followed.order_no = job_order.order_no
left join {{ ref('int_occupation__given') }} as given on followed.occupation_code = given.sent_code
left join {{ ref('int_title__coded') }} as title
    on followed.job_text = title.title_key and title.context = {{ title_context('industry', 'employer.vsic_code') }}
where {{ in_scope(['fair_attendance', 'placements'], 'followed') }} and matched.placement_no is null
