with deliveries as (
    select * from {{ ref('int_deliveries__first') }}
),

senders as (
    select * from {{ ref('int_senders__as_areas') }}
)

select
    deliveries.batch_id as row_key,
    'batch' as fact,
    deliveries.batch_id,
    null::integer as row_no,
    senders.area_mode,
    senders.area_code,
    senders.area,
    senders.area_weight,
    deliveries.feed,
    deliveries.is_passed,
    deliveries.is_on_time
from deliveries
inner join senders on deliveries.sender_code = senders.sender_code
