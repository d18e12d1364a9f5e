-- Sessions whose cost is settled and whose attendance has arrived, by fund. A session that is not settled yet is left out with its starts, and one whose
-- starts are not known is left out with its cost.
with shares as (
    select * from {{ ref('bridge_session_fund') }}
),

sessions as (
    select * from {{ ref('fct_fair_session') }}
),

sessions_with_visits as (
    select distinct session_sk from {{ ref('fct_fair_attendance') }}
),

dates as (
    select * from {{ ref('dim_date') }}
)

select
    shares.session_sk,
    shares.fund,
    shares.fund_share_pct,
    shares.cost_settled_vnd,
    shares.batch_id,
    shares.row_no,
    sessions.area_sk,
    sessions.district_code,
    sessions.kind,
    dates.year::text as year
from shares
inner join sessions on shares.session_sk = sessions.session_sk
inner join sessions_with_visits on shares.session_sk = sessions_with_visits.session_sk
inner join dates on sessions.held_date_sk = dates.date_sk
where shares.cost_settled_vnd is not null
