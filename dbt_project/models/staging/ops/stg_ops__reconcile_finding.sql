select
    finding_id,
    kind,
    feed,
    sender_code,
    period,
    batch_id,
    found_at
from {{ source('ops', 'reconcile_finding') }}
where closed_at is null
