-- What each sender last published of each feed, and what became of its latest delivery. A sender that never delivered a feed is shown as missing, not as zero.
with feeds as (
    select distinct feed from {{ ref('stg_ops__batch') }}
),

senders as (
    select
        code as sender_code,
        name_vi as sender
    from {{ ref('dim_area') }}
    where level = 'district'
),

published as (
    select
        feed,
        sender_code,
        max(published_at) as last_published_at,
        max(period) as last_period
    from {{ ref('stg_ops__batch') }}
    where state = 'published'
    group by feed, sender_code
),

last_batch as (
    select distinct on (feed, sender_code)
        feed,
        sender_code,
        state
    from {{ ref('stg_ops__batch') }}
    order by feed asc, sender_code asc, batch_id desc
)

select
    feeds.feed,
    senders.sender_code,
    senders.sender,
    published.last_period,
    published.last_published_at,
    extract(epoch from now() - published.last_published_at)::bigint as age_seconds,
    case
        when last_batch.state is null then 'missing'
        when last_batch.state in ('discovered', 'landed', 'staged', 'audited') then 'waiting'
        when last_batch.state = 'superseded' and published.last_published_at is not null then 'published'
        else last_batch.state
    end as state
from feeds
cross join senders
left join published on feeds.feed = published.feed and senders.sender_code = published.sender_code
left join last_batch on feeds.feed = last_batch.feed and senders.sender_code = last_batch.sender_code
