{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_attendance'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employer') }}
-- depends_on: {{ ref('dim_occupation') }}
-- depends_on: {{ ref('dim_person') }}
-- depends_on: {{ ref('fct_fair_session') }}
-- One row a job start that the attendance chain tells of. Follow-ups after 3, 6 and 12 months come from the service centre's feed; until then they are unknown,
-- which is not failure.
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
    start.start_date - start.held_on as days_to_start
from {{ ref('int_attendance__keyed') }} as start
left join {{ ref('fct_job_order') }} as job_order
    on start.sender_code = job_order.sender_code and start.order_no = job_order.order_no
where {{ in_scope('fair_attendance', 'start') }} and start.start_date is not null and start.accepted
