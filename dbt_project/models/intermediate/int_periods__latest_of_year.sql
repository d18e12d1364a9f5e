-- The latest period that each sender has published of each feed in each year, the one that ends last and of these the longest. Of the survey it is the round of
-- the year.
select distinct on (feed, sender_code, left(period, 4))
    feed,
    sender_code,
    left(period, 4) as year,
    period
from {{ ref('stg_ops__batch') }}
where state = 'published'
order by feed asc, sender_code asc, left(period, 4) asc, {{ period_end('period') }} desc, length(period) asc
