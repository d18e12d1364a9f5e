-- Costs are added over the funds; everything else is the same in each row of a session and is taken once.
select
    sender_code,
    period,
    session_no,
    {{ surrogate_key(['sender_code', 'session_no']) }} as session_sk,
    max(name) as name,
    max(kind) as kind,
    max(held_on) as held_on,
    max(commune_code) as commune_code,
    count(*) as funds,
    sum(fund_share_pct) as fund_share_pct,
    coalesce(max(fund_share_pct) filter (where fund = 'subproject_4_3'), 0) as subproject_4_3_share_pct,
    sum(cost_planned_vnd) as cost_planned_vnd,
    sum(cost_settled_vnd) as cost_settled_vnd,
    max(employers_declared) as employers_declared,
    max(attendees_declared) as attendees_declared,
    max(batch_id) as batch_id,
    min(row_no) as row_no
from {{ ref('stg_fair_sessions__session') }}
group by sender_code, period, session_no
