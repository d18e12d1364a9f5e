-- Sessions with the periods that they are counted in; one is a period of its own, named sender/number.
with sessions as (
    select * from {{ ref('fct_fair_session') }}
),

sessions_with_visits as (
    select distinct session_sk from {{ ref('fct_fair_attendance') }}
),

dates as (
    select * from {{ ref('dim_date') }}
)

select
    sessions.session_sk,
    sessions.sender_code,
    dates.date_day as held_on,
    sessions.batch_id,
    sessions.row_no,
    sessions.area_sk,
    sessions.district_code,
    sessions.cost_settled_vnd,
    sessions_with_visits.session_sk is not null as is_attendance_in,
    sessions.sender_code || '/' || {{ plain_code('sessions.session_no') }} as session,
    dates.year_month as month,
    dates.year || case when dates.month <= 6 then '-H1' else '-H2' end as half,
    dates.year::text as year
from sessions
inner join dates on sessions.held_date_sk = dates.date_sk
left join sessions_with_visits on sessions.session_sk = sessions_with_visits.session_sk
