{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_sessions'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('fct_fair_session') }}
-- One row a session and fund: the share of the cost that the fund bears. The shares of a session sum to 100.
select
    {{ surrogate_key(['session.sender_code', 'session.session_no']) }} as session_sk,
    session.sender_code,
    session.period,
    session.fund,
    session.batch_id,
    session.row_no,
    session.fund_share_pct,
    session.cost_planned_vnd,
    session.cost_settled_vnd
from {{ ref('stg_fair_sessions__session') }} as session
where {{ in_scope('fair_sessions', 'session') }}
