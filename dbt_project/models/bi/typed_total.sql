-- Totals that senders typed beside their rows, as typed, and what the rows have of each. A batch that could not be read has nothing counted.
select
    batch.batch_id,
    batch.feed,
    batch.sender_code,
    batch.period,
    batch.delivery_id,
    batch.state,
    typed.total,
    typed.as_typed,
    (batch.stated_totals -> typed.total ->> 'value')::numeric as stated,
    batch.stated_totals -> typed.total ->> 'bound' as bound,
    (batch.counted_totals ->> typed.total)::numeric as counted,
    ops.agrees(
        (batch.counted_totals ->> typed.total)::numeric,
        (batch.stated_totals -> typed.total ->> 'value')::numeric,
        batch.stated_totals -> typed.total ->> 'bound',
        (batch.stated_totals -> typed.total ->> 'step')::numeric
    ) as agrees
from {{ ref('stg_ops__batch') }} as batch
cross join lateral jsonb_each_text(batch.declared_totals) as typed (total, as_typed)
