select
    batch_id,
    row_no,
    sender_code,
    period,
    valid_from,
    valid_to,
    movement_no,
    unit_code,
    movement,
    budget_year,
    fund_year,
    fund_type,
    fund_source,
    activity,
    amount_vnd,
    moved_on,
    treasury_ref
from {{ source('core', 'budget_movements') }}
where {{ is_current_version() }}
