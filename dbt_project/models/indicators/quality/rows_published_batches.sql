with batches as (
    select * from {{ ref('stg_ops__batch') }}
    where state = 'published'
),

senders as (
    select * from {{ ref('int_senders__as_areas') }}
)

select
    batches.batch_id as row_key,
    'batch' as fact,
    batches.batch_id,
    null::integer as row_no,
    senders.area_mode,
    senders.area_code,
    senders.area,
    senders.area_weight,
    batches.feed,
    batches.declared_records is not null as is_announced,
    batches.declared_records as announced_rows,
    batches.records_quarantined as quarantined_rows
from batches
inner join senders on batches.sender_code = senders.sender_code
