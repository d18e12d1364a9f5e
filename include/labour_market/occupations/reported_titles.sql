-- Titles in batches that no build has taken up, with their context and the days on which they were reported.
-- A batch's rows are counted once: its first event is later than those that were counted before. A rebuild adds events of batches that were counted.
insert into reported_title
with pending as (
    select batch_id, min(event_id) > {counted_events} as is_new
    from ops.outbox
    group by batch_id
    having bool_or(built_at is null)
),

titles as ({titles})

select title, context, count(*) filter (where is_new), min(reported_on), max(reported_on)
from titles
where title is not null
group by title, context
