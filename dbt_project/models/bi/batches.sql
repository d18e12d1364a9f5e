-- One row for each feed, sender and state: the number of batches and what became of their records.
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
