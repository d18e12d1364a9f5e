{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_sessions'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- One row a session. A session that two funds pay is one session; its money is in bridge_session_fund by fund.
select
    session.session_sk,
    session.sender_code,
    session.period,
    session.session_no,
    session.batch_id,
    session.row_no,
    session.name,
    session.kind,
    to_char(session.held_on, 'YYYYMMDD')::int as held_date_sk,
    coalesce(area.area_sk, -1) as area_sk,
    coalesce(area.parent_district_code, session.sender_code) as district_code,
    session.funds::int as funds,
    session.subproject_4_3_share_pct,
    session.cost_planned_vnd::bigint as cost_planned_vnd,
    session.cost_settled_vnd::bigint as cost_settled_vnd,
    session.employers_declared,
    session.attendees_declared
from {{ ref('int_session__whole') }} as session
left join {{ ref('int_area__keyed') }} as area
    on area.level = 'commune' and session.commune_code = area.code
        and session.held_on >= area.valid_from and session.held_on < area.valid_to
where {{ in_scope('fair_sessions', 'session') }}
