-- Batches whose bytes could not be fetched on several days of the province, with the reason of the last try.
select
    batch.feed,
    batch.sender_code,
    batch.period,
    batch.batch_id,
    count(distinct (event.at at time zone %(time_zone)s)::date) as nights,
    (array_agg(event.detail ->> 'not_fetched' order by event.event_id desc))[1] as reason
from ops.batch as batch
inner join ops.batch_event as event using (batch_id)
where batch.state = 'discovered' and event.detail ? 'not_fetched'
group by batch.batch_id
having count(distinct (event.at at time zone %(time_zone)s)::date) >= %(nights)s
order by batch.batch_id
