{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_attendance'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_person') }}
-- depends_on: {{ ref('fct_fair_session') }}
-- One row a visit: a person at a session, however many firms the person spoke to. Visits are counted here; persons by person_sk.
with visits as (
    select
        attendance.visit_sk,
        attendance.sender_code,
        attendance.period,
        attendance.session_no,
        max(session_sk) as session_sk,
        max(person_sk) as person_sk,
        max(batch_id) as batch_id,
        min(row_no) as row_no,
        max(held_on) as held_on,
        max(residence_area_sk) as residence_area_sk,
        max(district_code) as district_code,
        bool_or(is_border) as is_border,
        max(sex) as sex,
        max(birth_date) as birth_date,
        array_agg(distinct priority_group) filter (where priority_group is not null) as priority_groups,
        bool_or(attendance.counselled) as is_counselled,
        bool_or(attendance.interviewed) as is_interviewed,
        bool_or(coalesce(attendance.interview_result = 'passed', false)) as is_passed,
        bool_or(attendance.offered) as is_offered,
        bool_or(attendance.accepted) as is_accepted,
        bool_or(attendance.start_date is not null) as is_started
    from {{ ref('int_attendance__keyed') }} as attendance
    left join lateral unnest(attendance.priority_groups) as priority_group on true
    where {{ in_scope('fair_attendance', 'attendance') }}
    group by attendance.visit_sk, attendance.sender_code, attendance.period, attendance.session_no
)

select
    visit_sk,
    sender_code,
    period,
    session_no,
    batch_id,
    row_no,
    session_sk,
    person_sk,
    coalesce(to_char(held_on, 'YYYYMMDD')::int, -1) as held_date_sk,
    residence_area_sk as area_sk,
    district_code,
    coalesce(sex, 'unknown') as sex,
    {{ age_band('birth_date', 'held_on') }} as age_band,
    {{ priority_flags('priority_groups') }},
    is_border,
    is_counselled,
    is_interviewed,
    is_passed,
    is_offered,
    is_accepted,
    is_started
from visits
