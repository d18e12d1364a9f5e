{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_sessions'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_session') }}
-- The shares of a session sum to 100.
select
    {{ surrogate_key(['sessions.sender_code', 'sessions.session_no']) }} as session_sk,
    sessions.sender_code,
    sessions.period,
    sessions.fund,
    sessions.batch_id,
    sessions.row_no,
    sessions.fund_share_pct,
    sessions.cost_planned_vnd,
    sessions.cost_settled_vnd
from {{ ref('stg_fair_sessions__session') }} as sessions
where {{ in_scope('fair_sessions', 'sessions') }}
