-- The first delivery that a sender made of each feed and period, and whether it was published.
select distinct on (feed, sender_code, period)
    feed,
    sender_code,
    batch_id,
    published_at is not null as is_passed
from {{ ref('stg_ops__batch') }}
where state in ('published', 'superseded', 'quarantined', 'rejected')
order by feed asc, sender_code asc, period asc, sequence asc, batch_id asc
