{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_attendance'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employer') }}
-- depends_on: {{ ref('dim_occupation') }}
-- depends_on: {{ ref('dim_person') }}
-- depends_on: {{ ref('fct_fair_session') }}
with attendances as (select * from {{ ref('int_attendances__keyed') }}),

orders as (select * from {{ ref('fct_job_order') }})

select
    {{ surrogate_key(['attendances.sender_code', 'attendances.session_no', 'attendances.attendance_no']) }} as interview_sk,
    attendances.sender_code,
    attendances.period,
    attendances.session_no,
    attendances.attendance_no,
    attendances.batch_id,
    attendances.row_no,
    attendances.session_sk,
    attendances.visit_sk,
    attendances.person_sk,
    case
        when attendances.employer_no is null then -1
        else {{ surrogate_key(['attendances.sender_code', 'attendances.employer_no']) }}
    end as employer_sk,
    coalesce(orders.order_sk, -1) as order_sk,
    coalesce(orders.occupation_sk, -1) as occupation_sk,
    coalesce(to_char(attendances.held_on, 'YYYYMMDD')::int, -1) as held_date_sk,
    attendances.residence_area_sk as area_sk,
    coalesce(attendances.interview_result, 'pending') as interview_result,
    coalesce(attendances.interview_result = 'passed', false) as is_passed,
    attendances.offered as is_offered,
    attendances.accepted as is_accepted,
    attendances.start_date is not null as is_started
from attendances
left join orders on attendances.sender_code = orders.sender_code and attendances.order_no = orders.order_no
where {{ in_scope('fair_attendance', 'attendances') }} and attendances.interviewed
