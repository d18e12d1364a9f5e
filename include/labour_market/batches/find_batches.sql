-- Batches of a feed, sender and period in some states; null: of any. Loaded in this order, core gets the same history as when each delivery
-- is loaded on its own day: what was published before in the order of its first publication, the rest in that of the deliveries.
select {columns}
from ops.batch
where (%(feed)s::text is null or feed = %(feed)s)
    and (%(sender)s::text is null or sender_code = %(sender)s)
    and (%(period)s::text is null or period = %(period)s)
    and (%(states)s::text[] is null or state = any(%(states)s))
order by
    feed asc,
    (
        select min(event.event_id)
        from ops.batch_event as event
        where event.batch_id = batch.batch_id and event.to_state = 'published'
    ) asc nulls last,
    delivery_created_at asc,
    sender_code asc,
    period asc,
    sequence asc,
    batch_id asc
