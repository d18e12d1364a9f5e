-- Sessions with the periods that they are counted in; one is a period of its own, named sender/number.
with sessions as (
    select * from {{ ref('fct_fair_session') }}
),

dates as (
    select * from {{ ref('dim_date') }}
)

select
    sessions.session_sk,
    sessions.batch_id,
    sessions.row_no,
    sessions.area_sk,
    sessions.district_code,
    sessions.cost_settled_vnd,
    sessions.sender_code || '/' || {{ plain_code('sessions.session_no') }} as session,
    dates.year_month as month,
    dates.year || case when dates.month <= 6 then '-H1' else '-H2' end as half,
    dates.year::text as year
from sessions
inner join dates on sessions.held_date_sk = dates.date_sk
