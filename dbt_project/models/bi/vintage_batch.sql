-- The batches in scope of a build can have changed the figures that it counted. A build that failed leaves its events to the next one, so they count for both:
-- either may have written a new figure. A partition that is built again has a new event, so that the causes of older figures stay.
with builds as (select * from {{ source('ops', 'build') }}),

events as (select * from {{ source('ops', 'outbox') }}),

batches as (select * from {{ ref('stg_ops__batch') }})

select distinct
    builds.build_id,
    builds.finished_at,
    batches.feed,
    batches.sender_code,
    batches.period,
    batches.sequence,
    batches.delivery_id,
    batches.feed in ({{ feeds_of_own_district() }}) as stays_in_district
from builds
inner join events on builds.up_to_event >= events.event_id and (events.built_at is null or builds.started_at <= events.built_at)
inner join batches on events.batch_id = batches.batch_id
