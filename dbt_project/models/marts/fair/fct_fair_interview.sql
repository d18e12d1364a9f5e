{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_attendance'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employer') }}
-- depends_on: {{ ref('dim_occupation') }}
-- depends_on: {{ ref('dim_person') }}
-- depends_on: {{ ref('fct_fair_session') }}
-- One row an interview: a visitor of a session and the vacancy that the talk was about.
select
    {{ surrogate_key(['interview.sender_code', 'interview.session_no', 'interview.attendance_no']) }} as interview_sk,
    interview.sender_code,
    interview.period,
    interview.session_no,
    interview.attendance_no,
    interview.batch_id,
    interview.row_no,
    interview.session_sk,
    interview.visit_sk,
    interview.person_sk,
    case
        when interview.employer_no is null then -1
        else {{ surrogate_key(['interview.sender_code', 'interview.employer_no']) }}
    end as employer_sk,
    coalesce(job_order.order_sk, -1) as order_sk,
    coalesce(job_order.occupation_sk, -1) as occupation_sk,
    coalesce(to_char(interview.held_on, 'YYYYMMDD')::int, -1) as held_date_sk,
    interview.residence_area_sk as area_sk,
    coalesce(interview.interview_result, 'pending') as interview_result,
    coalesce(interview.interview_result = 'passed', false) as is_passed,
    interview.offered as is_offered,
    interview.accepted as is_accepted,
    interview.start_date is not null as is_started
from {{ ref('int_attendance__keyed') }} as interview
left join {{ ref('fct_job_order') }} as job_order
    on interview.sender_code = job_order.sender_code and interview.order_no = job_order.order_no
where {{ in_scope('fair_attendance', 'interview') }} and interview.interviewed
