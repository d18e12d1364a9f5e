{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_sessions'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_session') }}
-- A session that two funds pay is one session; its costs by fund are in bridge_session_fund.
with sessions as (select * from {{ ref('int_sessions__merged_across_funds') }}),

areas as (select * from {{ ref('int_areas__keyed') }})

select
    sessions.session_sk,
    sessions.sender_code,
    sessions.period,
    sessions.session_no,
    sessions.batch_id,
    sessions.row_no,
    sessions.name,
    sessions.kind,
    to_char(sessions.held_on, 'YYYYMMDD')::int as held_date_sk,
    coalesce(areas.area_sk, -1) as area_sk,
    coalesce(areas.parent_district_code, sessions.sender_code) as district_code,
    sessions.funds::int as funds,
    sessions.subproject_4_3_share_pct,
    sessions.cost_planned_vnd::bigint as cost_planned_vnd,
    sessions.cost_settled_vnd::bigint as cost_settled_vnd,
    sessions.employers_declared,
    sessions.attendees_declared
from sessions
left join areas on {{ is_commune_on('areas', 'sessions.commune_code', 'sessions.held_on') }}
where {{ in_scope('fair_sessions', 'sessions') }}
