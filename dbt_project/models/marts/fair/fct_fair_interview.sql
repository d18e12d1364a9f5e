{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_attendance'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employer') }}
-- depends_on: {{ ref('dim_job_order') }}
-- depends_on: {{ ref('dim_occupation') }}
-- depends_on: {{ ref('dim_person') }}
-- depends_on: {{ ref('dim_session') }}
-- depends_on: {{ ref('fct_fair_attendance') }}
with attendances as (select * from {{ ref('int_attendances__keyed') }}),

employer_versions as (select * from {{ ref('dim_employer_version') }}),

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
    coalesce(employer_versions.employer_version_sk, -1) as employer_version_sk,
    coalesce(orders.order_sk, -1) as order_sk,
    coalesce(orders.occupation_sk, -1) as occupation_sk,
    coalesce(orders.occupation_detail_sk, -1) as occupation_detail_sk,
    coalesce(to_char(attendances.held_on, 'YYYYMMDD')::int, -1) as held_date_sk,
    attendances.residence_area_sk as area_sk,
    coalesce(attendances.interview_result, 'pending') as interview_result,
    coalesce(attendances.interview_result = 'passed', false) as is_passed,
    attendances.offered as is_offered,
    attendances.accepted as is_accepted,
    attendances.start_date is not null as is_started
from attendances
left join orders on attendances.sender_code = orders.sender_code and attendances.order_no = orders.order_no
left join employer_versions
    on attendances.sender_code = employer_versions.sender_code and attendances.employer_no = employer_versions.employer_no
        and coalesce(attendances.held_on, attendances.valid_from) >= employer_versions.valid_from
        and coalesce(attendances.held_on, attendances.valid_from) < employer_versions.valid_to
where {{ in_scope('fair_attendance', 'attendances') }} and attendances.interviewed
