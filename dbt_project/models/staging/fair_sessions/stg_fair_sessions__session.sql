select
    batch_id,
    row_no,
    sender_code,
    period,
    valid_from,
    valid_to,
    session_no,
    name,
    kind,
    held_on,
    commune_code,
    coalesce(fund, 'other') as fund,
    coalesce(fund_share_pct, 100) as fund_share_pct,
    cost_planned_vnd,
    cost_settled_vnd,
    employers_declared,
    attendees_declared
from {{ source('core', 'fair_sessions') }}
where {{ is_current_version() }}
