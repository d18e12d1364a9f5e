-- The batches that each build took up: what can have changed the figures that it counted. A build that failed leaves its events to the next one, so they
-- count for both: either may have told a figure anew.
select distinct
    built.build_id,
    built.finished_at,
    batch.feed,
    batch.sender_code,
    batch.period,
    batch.sequence,
    batch.delivery_id,
    batch.feed in ({{ feeds_of_own_district() }}) as stays_in_district
from {{ source('ops', 'build') }} as built
inner join {{ source('ops', 'outbox') }} as event
    on built.up_to_event >= event.event_id and (event.built_at is null or built.started_at <= event.built_at)
inner join {{ ref('stg_ops__batch') }} as batch on event.batch_id = batch.batch_id
