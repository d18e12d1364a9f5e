-- The ledger as the marts need it.
select
    batch_id,
    feed,
    sender_code,
    period,
    sequence,
    delivery_id,
    state,
    declared_records,
    records_published,
    records_quarantined,
    records_duplicate,
    declared_totals,
    reason_rule,
    reason_vi,
    reason_en,
    remedy_vi,
    superseded_by,
    code_version,
    discovered_at,
    landed_at,
    published_at
from {{ source('ops', 'batch') }}
