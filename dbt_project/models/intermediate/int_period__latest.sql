-- The latest period that each sender has published of each feed: what a stock figure of "now" is counted on.
select
    feed,
    sender_code,
    max(period) as period
from {{ ref('stg_ops__batch') }}
where state = 'published'
group by feed, sender_code
