-- Of each batch: the move that first published it, else the one that blocked it last; and the move that staged it before, 0 if none did.
with decisions as (
    select
        event.batch_id,
        coalesce(
            min(event.event_id) filter (where event.to_state = 'published'),
            max(event.event_id) filter (where event.to_state = any(%(blocked)s)),
            max(event.event_id)
        ) as decided
    from ops.batch_event as event
    where event.batch_id = any(%(batches)s)
    group by event.batch_id
)

select
    decision.batch_id,
    decision.decided,
    coalesce(max(event.event_id) filter (where event.to_state = 'staged'), 0) as staged
from decisions as decision
left join ops.batch_event as event on decision.batch_id = event.batch_id and event.event_id < decision.decided
group by decision.batch_id, decision.decided
