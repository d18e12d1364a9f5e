{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_attendance'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_person') }}
-- depends_on: {{ ref('dim_session') }}
-- A visit is one row, also when the person met several firms. Rows count visits; distinct person_sk count persons.
with attendances as (select * from {{ ref('int_attendances__keyed') }}),

visits as (
    select
        attendances.visit_sk,
        attendances.sender_code,
        attendances.period,
        attendances.session_no,
        max(attendances.session_sk) as session_sk,
        max(attendances.person_sk) as person_sk,
        max(attendances.batch_id) as batch_id,
        min(attendances.row_no) as row_no,
        max(attendances.held_on) as held_on,
        max(attendances.residence_area_sk) as residence_area_sk,
        max(attendances.district_code) as district_code,
        bool_or(attendances.is_border) as is_border,
        max(attendances.sex) as sex,
        max(attendances.birth_date) as birth_date,
        array_agg(distinct priority_group) filter (where priority_group is not null) as priority_groups,
        bool_or(attendances.counselled) as is_counselled,
        bool_or(attendances.interviewed) as is_interviewed,
        bool_or(coalesce(attendances.interview_result = 'passed', false)) as is_passed,
        bool_or(attendances.offered) as is_offered,
        bool_or(attendances.accepted) as is_accepted,
        bool_or(attendances.start_date is not null) as is_started
    from attendances
    left join lateral unnest(attendances.priority_groups) as priority_group on true
    where {{ in_scope('fair_attendance', 'attendances') }}
    group by attendances.visit_sk, attendances.sender_code, attendances.period, attendances.session_no
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
