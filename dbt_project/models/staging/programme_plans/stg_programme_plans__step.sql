select
    batch_id,
    row_no,
    sender_code,
    period,
    valid_from,
    valid_to,
    unit_code,
    plan_year,
    activity,
    fund_type,
    plan_status,
    status_on,
    decision_no,
    target_quantity,
    target_unit,
    planned_vnd
from {{ source('core', 'programme_plans') }}
where {{ is_current_version() }}
