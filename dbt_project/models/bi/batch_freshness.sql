-- What each sender last published of each feed, and what became of its latest delivery. A district that never delivered a feed which another district delivers
-- is shown as missing, not as zero; an office of the province is expected to send what it has sent before.
with senders as (
    select
        code as sender_code,
        name_vi as sender,
        'district' as kind
    from {{ ref('dim_area') }}
    where level = 'district'
    union all
    select
        unit_code,
        label_vi,
        'office'
    from {{ ref('dim_reporting_unit') }}
    where unit_type in ('department', 'service_centre') and valid_to = 'infinity'
),

delivered as (
    select distinct
        batch.feed,
        batch.sender_code,
        coalesce(senders.kind, 'office') as kind
    from {{ ref('stg_ops__batch') }} as batch
    left join senders on batch.sender_code = senders.sender_code
),

expected as (
    select
        feed,
        sender_code,
        kind
    from delivered
    union
    select
        delivered.feed,
        senders.sender_code,
        senders.kind
    from delivered
    inner join senders on delivered.kind = senders.kind
    where delivered.kind = 'district'
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
    expected.feed,
    expected.sender_code,
    coalesce(senders.sender, expected.sender_code) as sender,
    expected.kind,
    published.last_period,
    published.last_published_at,
    extract(epoch from now() - published.last_published_at)::bigint as age_seconds,
    case
        when last_batch.state is null then 'missing'
        when last_batch.state in ('discovered', 'landed', 'staged', 'audited') then 'waiting'
        when last_batch.state = 'superseded' and published.last_published_at is not null then 'published'
        else last_batch.state
    end as state
from expected
left join senders on expected.sender_code = senders.sender_code
left join published on expected.feed = published.feed and expected.sender_code = published.sender_code
left join last_batch on expected.feed = last_batch.feed and expected.sender_code = last_batch.sender_code
