-- Titles in batches that no build has taken up, with their context and the days on which they were reported.
-- A batch's rows are counted once: event_id is greater than that of the events that were counted before.
insert into reported_title
with pending as (
    select batch_id, max(event_id) > {counted_events} as is_new
    from ops.outbox
    where built_at is null
    group by batch_id
),

titles as ({titles})

select title, context, count(*) filter (where is_new), min(reported_on), max(reported_on)
from titles
where title is not null
group by title, context
