-- Batches of a feed, sender and period in some states; null: of any. Loaded in this order, core gets the same history as when each delivery
-- is loaded on its own day.
select {columns}
from ops.batch
where (%(feed)s::text is null or feed = %(feed)s)
    and (%(sender)s::text is null or sender_code = %(sender)s)
    and (%(period)s::text is null or period = %(period)s)
    and (%(states)s::text[] is null or state = any(%(states)s))
order by feed, delivery_created_at, sender_code, period, sequence, batch_id
