-- A visit is counted where its session was held.
with visits as (
    select * from {{ ref('fct_fair_attendance') }}
),

sessions as (
    select * from {{ ref('int_sessions__with_periods') }}
)

select
    visits.visit_sk as row_key,
    {{ counting_key('visits', 'visit_sk') }} as unit_key,
    'fct_fair_attendance' as fact,
    visits.batch_id,
    visits.row_no,
    sessions.area_sk,
    sessions.district_code,
    sessions.session,
    sessions.month,
    sessions.half,
    sessions.year,
    visits.sex,
    {{ priority_columns('visits') }},
    visits.is_border,
    visits.is_counselled,
    visits.is_interviewed,
    visits.is_passed,
    visits.is_started
from visits
inner join sessions on visits.session_sk = sessions.session_sk
