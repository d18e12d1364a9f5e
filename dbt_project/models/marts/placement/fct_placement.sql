{{ config(incremental_strategy='replace_batch', meta={'feed': ['fair_attendance', 'placements']}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employer') }}
-- depends_on: {{ ref('dim_job_order') }}
-- depends_on: {{ ref('dim_occupation') }}
-- depends_on: {{ ref('dim_person') }}
-- depends_on: {{ ref('dim_session') }}
-- A start that the attendance of a fair has is the row of that attendance, with the checks of the service centre. A start that only the service centre has
-- (counter, online, commune) is a row of its own. A check is in_job, lost, unknown (the person was not reached) or not_checked; the last two are no failure.
-- The occupation of a start is that of its order. Where the order is coded to no group (level 2), the code or title of the check comes first.
-- The workplace is the commune of the order, or that of the employer on the day of the start. It is known where the residence is not.
-- The service centre sends neither residence nor group: they are those of the last sighting of the person on or before the start, since a later one may differ.
with attendances as (select * from {{ ref('int_attendances__keyed') }}),

orders as not materialized (select * from {{ ref('fct_job_order') }}),

placements_with_checks as not materialized (select * from {{ ref('int_placements__with_checks') }}),

matched_placements as not materialized (select * from {{ ref('int_placements__matched_to_attendances') }}),

sightings as (select * from {{ ref('int_person_sightings__resolved') }}),

employers as (select * from {{ ref('dim_employer') }}),

employer_versions as not materialized (select * from {{ ref('dim_employer_version') }}),

sent_codes as (select * from {{ ref('int_sent_codes__resolved') }}),

titles as (select * from {{ ref('int_titles__coded') }}),

areas as (select * from {{ ref('int_areas__keyed') }}),

persons_at_start as (
    select distinct on (placements_with_checks.sender_code, placements_with_checks.placement_no)
        placements_with_checks.sender_code,
        placements_with_checks.placement_no,
        {{ priority_flags('sightings.priority_groups') }},
        coalesce(areas.is_border, false) as is_border,
        areas.area_sk,
        areas.parent_district_code as district_code
    from placements_with_checks
    inner join sightings
        on placements_with_checks.person_key = sightings.resolved_key and placements_with_checks.start_date >= sightings.seen_on
    left join areas on {{ is_commune_on('areas', 'sightings.commune_code', 'sightings.seen_on') }}
    where {{ in_scope(['fair_attendance', 'placements'], 'placements_with_checks') }}
    order by
        placements_with_checks.sender_code asc,
        placements_with_checks.placement_no asc,
        sightings.seen_on desc,
        sightings.batch_id desc,
        sightings.row_no desc
)

select
    {{ surrogate_key(['attendances.sender_code', 'attendances.session_no', 'attendances.attendance_no']) }} as placement_sk,
    attendances.sender_code,
    attendances.period,
    attendances.session_no,
    attendances.attendance_no,
    attendances.batch_id,
    attendances.row_no,
    attendances.session_sk,
    attendances.person_sk,
    case
        when attendances.employer_no is null then -1
        else {{ surrogate_key(['attendances.sender_code', 'attendances.employer_no']) }}
    end as employer_sk,
    coalesce(employer_versions.employer_version_sk, -1) as employer_version_sk,
    coalesce(orders.order_sk, -1) as order_sk,
    coalesce(orders.occupation_sk, -1) as occupation_sk,
    orders.occupation_official,
    orders.occupation_detail,
    coalesce(orders.occupation_detail_sk, -1) as occupation_detail_sk,
    case when orders.occupation_official is not null then 'order' end as occupation_source,
    orders.coding_method,
    orders.coding_score,
    attendances.residence_area_sk as area_sk,
    attendances.district_code,
    coalesce(nullif(orders.area_sk, -1), employer_versions.area_sk, -1) as workplace_area_sk,
    to_char(attendances.start_date, 'YYYYMMDD')::int as start_date_sk,
    'fair' as channel,
    {{ priority_flags('attendances.priority_groups') }},
    attendances.is_border,
    attendances.start_date - attendances.held_on as days_to_start,
    coalesce(matched_placements.check_start, 'not_checked') as check_start,
    coalesce(matched_placements.check_m3, 'not_checked') as check_m3,
    coalesce(matched_placements.check_m6, 'not_checked') as check_m6,
    coalesce(matched_placements.check_m12, 'not_checked') as check_m12,
    matched_placements.start_evidence,
    matched_placements.contract_type,
    matched_placements.wage_vnd,
    matched_placements.placement_no
from attendances
left join orders on attendances.sender_code = orders.sender_code and attendances.order_no = orders.order_no
left join employer_versions
    on attendances.sender_code = employer_versions.sender_code and attendances.employer_no = employer_versions.employer_no
        and attendances.start_date >= employer_versions.valid_from and attendances.start_date < employer_versions.valid_to
left join matched_placements
    on attendances.sender_code = matched_placements.attendance_sender_code
        and attendances.session_no = matched_placements.session_no
        and attendances.attendance_no = matched_placements.attendance_no
where {{ in_scope(['fair_attendance', 'placements'], 'attendances') }} and attendances.start_date is not null and attendances.accepted
union all
select
    {{ surrogate_key(['placements_with_checks.sender_code', 'placements_with_checks.placement_no']) }} as placement_sk,
    placements_with_checks.sender_code,
    placements_with_checks.period,
    placements_with_checks.session_no,
    null as attendance_no,
    placements_with_checks.batch_id,
    placements_with_checks.row_no,
    -2 as session_sk,
    case when placements_with_checks.person_key is null then -1 else {{ surrogate_key(['placements_with_checks.person_key']) }} end as person_sk,
    coalesce(employers.employer_sk, -1) as employer_sk,
    coalesce(employer_versions.employer_version_sk, -1) as employer_version_sk,
    coalesce(orders.order_sk, -1) as order_sk,
    coalesce(
        case sources.occupation_source
            when 'order' then orders.occupation_sk
            when 'sent_code' then sent_codes.occupation_l2_sk
            when 'title' then titles.occupation_l2_sk
        end, -1
    ) as occupation_sk,
    case sources.occupation_source
        when 'order' then orders.occupation_official
        when 'sent_code' then sent_codes.occupation_code
        when 'title' then titles.occupation_code
    end as occupation_official,
    sources.occupation_detail,
    {{ occupation_key('sources.occupation_detail') }} as occupation_detail_sk,
    sources.occupation_source,
    case sources.occupation_source
        when 'order' then orders.coding_method
        when 'sent_code' then 'given'
        else coalesce(titles.method, orders.coding_method)
    end as coding_method,
    case sources.occupation_source
        when 'order' then orders.coding_score
        when 'sent_code' then 1.0
        else coalesce(titles.score, orders.coding_score)
    end as coding_score,
    coalesce(persons_at_start.area_sk, -1) as area_sk,
    coalesce(persons_at_start.district_code, 'unknown') as district_code,
    coalesce(nullif(orders.area_sk, -1), employer_versions.area_sk, -1) as workplace_area_sk,
    to_char(placements_with_checks.start_date, 'YYYYMMDD')::int as start_date_sk,
    placements_with_checks.channel,
    {{ priority_columns('persons_at_start', 'false') }},
    coalesce(persons_at_start.is_border, false) as is_border,
    null as days_to_start,
    placements_with_checks.check_start,
    placements_with_checks.check_m3,
    placements_with_checks.check_m6,
    placements_with_checks.check_m12,
    placements_with_checks.start_evidence,
    placements_with_checks.contract_type,
    placements_with_checks.wage_vnd,
    placements_with_checks.placement_no
from placements_with_checks
left join matched_placements
    on placements_with_checks.sender_code = matched_placements.sender_code
        and placements_with_checks.placement_no = matched_placements.placement_no
left join persons_at_start
    on placements_with_checks.sender_code = persons_at_start.sender_code and placements_with_checks.placement_no = persons_at_start.placement_no
left join employers
    on placements_with_checks.employer_district = employers.sender_code and placements_with_checks.employer_no = employers.employer_no
left join employer_versions
    on employers.employer_sk = employer_versions.employer_sk
        and placements_with_checks.start_date >= employer_versions.valid_from and placements_with_checks.start_date < employer_versions.valid_to
left join orders
    on placements_with_checks.employer_district = orders.sender_code and placements_with_checks.order_no = orders.order_no
left join sent_codes on placements_with_checks.occupation_code = sent_codes.sent_code
left join titles
    on placements_with_checks.job_text = titles.title_key and titles.context = {{ title_context('industry', 'employers.vsic_code') }}
cross join
    lateral (
        values
        (
            case
                when orders.occupation_sk > 0 then 'order'
                when sent_codes.occupation_code is not null then 'sent_code'
                when titles.occupation_code is not null then 'title'
                when orders.occupation_official is not null then 'order'
            end
        )
    ) as chosen (occupation_source)
cross join
    lateral (
        values
        (
            chosen.occupation_source,
            case chosen.occupation_source
                when 'order' then orders.occupation_detail
                when 'sent_code' then sent_codes.occupation_code
                when 'title' then coalesce(titles.detail_code, titles.occupation_code)
            end
        )
    ) as sources (occupation_source, occupation_detail)
where {{ in_scope(['fair_attendance', 'placements'], 'placements_with_checks') }} and matched_placements.placement_no is null
