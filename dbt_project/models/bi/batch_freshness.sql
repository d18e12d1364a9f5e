-- What each sender last published of each feed, and what became of its latest delivery. A district that never delivered a feed which another district delivers
-- is shown as missing, not as zero; an office of the province is expected to send what it has sent before.
with senders as (
    select
        code as sender_code,
        name_vi as sender,
        'district' as kind
    from {{ ref('dim_area') }}
    where level = 'district'
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
        max(published_at) as last_published_at
    from {{ ref('stg_ops__batch') }}
    where state = 'published'
    group by feed, sender_code
),

last_batch as (
    select distinct on (feed, sender_code)
        feed,
        sender_code,
        state,
        delivered_on
    from {{ ref('stg_ops__batch') }}
    order by feed asc, sender_code asc, batch_id desc
)

select
    expected.feed,
    expected.sender_code,
    coalesce(senders.sender, office.label_vi, expected.sender_code) as sender,
    expected.kind,
    latest.period as last_period,
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
left join {{ ref('int_period__latest') }} as latest on expected.feed = latest.feed and expected.sender_code = latest.sender_code
left join last_batch on expected.feed = last_batch.feed and expected.sender_code = last_batch.sender_code
left join {{ ref('dim_reporting_unit') }} as office
    on expected.sender_code = office.unit_code and last_batch.delivered_on >= office.valid_from and last_batch.delivered_on < office.valid_to
