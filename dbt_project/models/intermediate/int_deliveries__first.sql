-- On time: within the days that the contract allows from the first of the period, by the province's calendar.
with batches as (
    select * from {{ ref('stg_ops__batch') }}
    where not {{ is_open('state') }}
)

select distinct on (batches.feed, batches.sender_code, batches.period)
    batches.feed,
    batches.sender_code,
    batches.batch_id,
    batches.published_at is not null as is_passed,
    batches.delivered_on < {{ period_start('batches.period') }} + allowed.days as is_on_time
from batches
inner join {{ allowed_days() }} as allowed (feed, days) on batches.feed = allowed.feed
where {{ period_start('batches.period') }} is not null
order by batches.feed asc, batches.sender_code asc, batches.period asc, batches.sequence asc, batches.batch_id asc
