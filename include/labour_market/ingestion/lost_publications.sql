-- Batches of a feed that were published and have no record in core, in partitions that lost records: core was emptied, or restored without them.
-- A published batch without records is among them, since its publication ended the records before it.
with without_records as (
    select
        batch.batch_id,
        bool_or(batch.records_published + batch.records_superseded > 0) over (partition by batch.sender_code, batch.period) as is_lost
    from ops.batch as batch
    where batch.feed = %(feed)s
        and batch.published_at is not null
        and not exists (select from core.{feed} as recorded where recorded.batch_id = batch.batch_id)
)

select batch_id from without_records
where is_lost
