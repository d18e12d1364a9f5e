-- Announced records are published, quarantined or repeated; of a blocked batch none is published.
select
    feed,
    sender_code,
    state,
    count(*) as batches,
    sum(declared_records)::bigint as records,
    coalesce(sum(records_published), 0)::bigint as records_published,
    coalesce(sum(records_quarantined), 0)::bigint as records_quarantined
from {{ ref('stg_ops__batch') }}
group by feed, sender_code, state
