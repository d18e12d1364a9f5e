-- Counted rows by metric, part, fact and batch. A unit counts its greatest amount once, for the batch that gave it.
with counted_rows as ({counted_rows}),

units as (
    select metric, part, unit, max(amount) as amount, (array_agg(batch_id order by amount desc, batch_id))[1] as batch_id
    from counted_rows
    group by metric, part, unit
),

amounts as (
    select metric, part, batch_id, count(*) as units, sum(amount) as amount
    from units
    group by metric, part, batch_id
),

rows_by_batch as (
    select metric, part, fact, batch_id, count(distinct row_no) as rows,
        (array_agg(distinct row_no order by row_no))[1:{limit}] as row_numbers
    from counted_rows
    group by metric, part, fact, batch_id
)

select rows_by_batch.metric, rows_by_batch.part, rows_by_batch.fact, rows_by_batch.rows, coalesce(amounts.units, 0) as units,
    coalesce(trim_scale(amounts.amount), 0) as amount, batch.batch_id, batch.feed, batch.sender_code, batch.period, batch.sequence,
    batch.delivery_id, batch.state, batch.sha256, batch.landing_path, rows_by_batch.row_numbers
from rows_by_batch
left join amounts using (metric, part, batch_id)
left join ops.batch as batch on rows_by_batch.batch_id = batch.batch_id
order by rows_by_batch.metric, rows_by_batch.part desc, batch.feed, batch.sender_code, batch.period, batch.sequence
