-- What each fund pays of a session.
with funds as (select * from {{ ref('bridge_session_fund') }}),

sessions as (select * from {{ ref('fct_fair_session') }})

select
    {{ analysis_key('funds.session_sk') }} as session_key,
    sessions.district_code,
    funds.fund,
    funds.fund_share_pct,
    funds.cost_planned_vnd,
    funds.cost_settled_vnd
from funds
inner join sessions on funds.session_sk = sessions.session_sk
where {{ is_visible_to_reader('sessions.district_code') }}
