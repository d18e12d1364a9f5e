with interviews as (
    select * from {{ ref('fct_fair_interview') }}
),

sessions as (
    select * from {{ ref('int_sessions__with_periods') }}
)

select
    interviews.interview_sk as row_key,
    interviews.employer_sk as unit_key,
    'fct_fair_interview' as fact,
    interviews.batch_id,
    interviews.row_no,
    sessions.area_sk,
    sessions.district_code,
    sessions.session,
    sessions.month,
    sessions.half,
    sessions.year
from interviews
inner join sessions on interviews.session_sk = sessions.session_sk
where interviews.employer_sk > 0
