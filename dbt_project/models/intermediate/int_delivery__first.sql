-- The first delivery that a sender made of each feed and period: whether it was published, and whether it came within the days that the contract allows
-- from the first of its period, by the province's calendar.
select distinct on (batch.feed, batch.sender_code, batch.period)
    batch.feed,
    batch.sender_code,
    batch.batch_id,
    batch.published_at is not null as is_passed,
    batch.delivered_on < (batch.period || substr('0000-01-01', length(batch.period) + 1))::date + allowed.days as is_on_time
from {{ ref('stg_ops__batch') }} as batch
inner join {{ allowed_days() }} as allowed (feed, days) on batch.feed = allowed.feed
where batch.state in ('published', 'superseded', 'quarantined', 'rejected')
order by batch.feed asc, batch.sender_code asc, batch.period asc, batch.sequence asc, batch.batch_id asc
