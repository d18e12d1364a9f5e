-- The latest period that each sender has published of each feed, the one that ends last and of these the longest: what a stock figure of "now" is counted on.
select distinct on (feed, sender_code)
    feed,
    sender_code,
    period
from {{ ref('stg_ops__batch') }}
where state = 'published'
order by feed asc, sender_code asc, {{ period_end('period') }} desc, length(period) asc
