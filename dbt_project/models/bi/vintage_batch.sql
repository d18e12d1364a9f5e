-- The batches that each build took up: what can have changed the figures that it counted.
with built as (
    select
        build_id,
        finished_at,
        up_to_event,
        coalesce(lag(up_to_event) over (order by build_id), 0) as after_event
    from {{ source('ops', 'build') }}
    where succeeded
)

select distinct
    built.build_id,
    built.finished_at,
    batch.feed,
    batch.sender_code,
    batch.period,
    batch.sequence,
    batch.delivery_id
from built
inner join {{ source('ops', 'outbox') }} as event on built.after_event < event.event_id and built.up_to_event >= event.event_id
inner join {{ ref('stg_ops__batch') }} as batch on event.batch_id = batch.batch_id
