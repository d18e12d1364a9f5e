-- A district that never delivered a feed which another district delivers is shown as missing, not as zero; of a feed that is due only when there is something
-- to send, such as fairs, as nothing_due. An office of the province is expected to send what
-- it has sent before.
with batches as (select * from {{ ref('stg_ops__batch') }}),

areas as (select * from {{ ref('dim_area') }}),

latest_periods as (select * from {{ ref('int_periods__latest') }}),

offices as (select * from {{ ref('dim_reporting_unit') }}),

rules as (select * from {{ ref('due_rule') }}),

districts as (
    select
        code as sender_code,
        name_vi as sender,
        'district' as kind
    from areas
    where level = 'district'
),

delivered_feeds as (
    select distinct
        batches.feed,
        batches.sender_code,
        coalesce(districts.kind, 'office') as kind
    from batches
    left join districts on batches.sender_code = districts.sender_code
),

expected_feeds as (
    select
        feed,
        sender_code,
        kind
    from delivered_feeds
    union
    select
        delivered_feeds.feed,
        districts.sender_code,
        districts.kind
    from delivered_feeds
    inner join districts on delivered_feeds.kind = districts.kind
    where delivered_feeds.kind = 'district'
),

last_publications as (
    select
        feed,
        sender_code,
        max(published_at) as last_published_at
    from batches
    where state = 'published'
    group by feed, sender_code
),

last_batches as (
    select distinct on (feed, sender_code)
        feed,
        sender_code,
        state,
        delivered_on
    from batches
    order by feed asc, sender_code asc, batch_id desc
)

select
    expected_feeds.feed,
    expected_feeds.sender_code,
    coalesce(districts.sender, offices.label_vi, expected_feeds.sender_code) as sender,
    expected_feeds.kind,
    latest_periods.period as last_period,
    last_publications.last_published_at,
    extract(epoch from now() - last_publications.last_published_at)::bigint as age_seconds,
    case
        when last_batches.state is null and rules.period_kind in ('none', 'session') then 'nothing_due'
        when last_batches.state is null then 'missing'
        when {{ is_open('last_batches.state') }} then 'waiting'
        when last_batches.state = 'superseded' and last_publications.last_published_at is not null then 'published'
        else last_batches.state
    end as state
from expected_feeds
left join rules on expected_feeds.feed = rules.feed
left join districts on expected_feeds.sender_code = districts.sender_code
left join last_publications
    on expected_feeds.feed = last_publications.feed and expected_feeds.sender_code = last_publications.sender_code
left join latest_periods on expected_feeds.feed = latest_periods.feed and expected_feeds.sender_code = latest_periods.sender_code
left join last_batches on expected_feeds.feed = last_batches.feed and expected_feeds.sender_code = last_batches.sender_code
left join offices
    on expected_feeds.sender_code = offices.unit_code
        and last_batches.delivered_on >= offices.valid_from and last_batches.delivered_on < offices.valid_to
