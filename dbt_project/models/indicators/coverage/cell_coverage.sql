{{ config(
    materialized='incremental',
    full_refresh=false,
    on_schema_change='append_new_columns',
    contract={'enforced': var('known_at', none) is none},
    incremental_strategy='changed_rows',
    unique_key=['feeds', 'period_kind', 'period', 'area_mode', 'area_code'],
    indexes=[{'columns': ['feeds', 'period_kind', 'period', 'area_mode', 'area_code'], 'unique': true}]
) }}
-- How many senders the figures of a period and an area are counted from, once for all figures that read the same feeds by the same rules. A sender is in
-- when all of its deliveries arrived. Offices of the province send for every area, districts for those of their own land, or for every area where their rows
-- are counted where persons live (reach); a sender of both is one.
with metrics as (select * from {{ ref('feeds_of_metric') }}),

metric_feeds as (select * from {{ ref('metric_feed') }}),

periods_of_metrics as (select * from {{ ref('period_of_metric') }}),

arrivals as materialized (select * from {{ ref('sender_arrival') }}),

places as (select * from {{ ref('bridge_area_mode') }}),

former_districts as (select * from {{ ref('bridge_area_analysis') }}),

districts as (
    select distinct code from {{ ref('dim_area') }}
    where level = 'district'
),

feeds as (
    select distinct
        metrics.feeds,
        metric_feeds.feed,
        metric_feeds.basis,
        metric_feeds.reach = 'everywhere' as is_everywhere,
        metric_feeds.is_counted::boolean as is_counted
    from metrics
    inner join metric_feeds on metrics.metric = metric_feeds.metric and (metric_feeds.reach <> 'parts' or metrics.is_part)
),

periods as (
    select distinct
        metrics.feeds,
        periods_of_metrics.period_kind,
        periods_of_metrics.period
    from metrics
    inner join periods_of_metrics on metrics.metric = periods_of_metrics.metric
),

-- null where the sender is not expected so
senders as (
    select
        feeds.feeds,
        arrivals.period_kind,
        arrivals.period,
        arrivals.sender_code,
        bool_and(arrivals.arrival = 'all') filter (where not reaches.is_everywhere) as is_in,
        bool_and(arrivals.arrival = 'all') filter (where reaches.is_everywhere) as is_in_everywhere,
        bool_and(arrivals.arrival <> 'none') filter (where feeds.is_counted and not reaches.is_everywhere) as has_any,
        bool_and(arrivals.arrival <> 'none') filter (where feeds.is_counted and reaches.is_everywhere) as has_any_everywhere
    from feeds
    inner join arrivals on feeds.feed = arrivals.feed and feeds.basis = arrivals.basis
    inner join periods on feeds.feeds = periods.feeds and arrivals.period_kind = periods.period_kind and arrivals.period = periods.period
    left join districts on arrivals.sender_code = districts.code
    cross join lateral (values (feeds.is_everywhere or districts.code is null)) as reaches (is_everywhere)
    group by feeds.feeds, arrivals.period_kind, arrivals.period, arrivals.sender_code
),

senders_everywhere as (
    select
        feeds,
        period_kind,
        period,
        count(is_in_everywhere) as expected,
        count(*) filter (where is_in_everywhere) as are_in,
        count(*) filter (where has_any_everywhere) as have_any,
        bool_or(coalesce(has_any, has_any_everywhere) is not null) as is_counted
    from senders
    group by feeds, period_kind, period
),

areas as (
    select distinct
        area_mode,
        area_code
    from places
    union all
    select
        area_mode,
        area_code
    from (
        values ('as_reported', 'all'), ('as_reported', 'unknown'), ('restated', 'unknown'), ('restated_former_district', 'unknown')
    ) as others (area_mode, area_code)
),

areas_of_districts as (
    select distinct
        places.area_mode,
        places.area_code,
        former_districts.analysis_area_code as sender_code
    from places
    inner join former_districts on places.place = former_districts.area_sk::text
    union all
    select
        areas.area_mode,
        areas.area_code,
        districts.code as sender_code
    from areas
    cross join districts
    where areas.area_code in ('all', 'unknown')
),

-- what the senders of an area add to those that send for every area
senders_of_areas as (
    select
        senders.feeds,
        senders.period_kind,
        senders.period,
        areas_of_districts.area_mode,
        areas_of_districts.area_code,
        count(*) filter (where senders.is_in is not null and senders.is_in_everywhere is null) as expected,
        sum((senders.is_in and coalesce(senders.is_in_everywhere, true))::int - coalesce(senders.is_in_everywhere, false)::int)
        filter (where senders.is_in is not null) as are_in,
        sum((senders.has_any and coalesce(senders.has_any_everywhere, true))::int - coalesce(senders.has_any_everywhere, false)::int)
        filter (where senders.has_any is not null) as have_any
    from senders
    inner join areas_of_districts on senders.sender_code = areas_of_districts.sender_code
    group by senders.feeds, senders.period_kind, senders.period, areas_of_districts.area_mode, areas_of_districts.area_code
)

select
    everywhere.feeds,
    everywhere.period_kind,
    everywhere.period,
    areas.area_mode,
    areas.area_code,
    (everywhere.expected + coalesce(of_area.expected, 0))::int as senders_expected,
    (everywhere.are_in + coalesce(of_area.are_in, 0))::int as senders_in,
    case when everywhere.is_counted then (everywhere.have_any + coalesce(of_area.have_any, 0))::int end as senders_with_any
from senders_everywhere as everywhere
cross join areas
left join senders_of_areas as of_area
    on everywhere.feeds = of_area.feeds and everywhere.period_kind = of_area.period_kind and everywhere.period = of_area.period
        and areas.area_mode = of_area.area_mode and areas.area_code = of_area.area_code
where everywhere.expected + coalesce(of_area.expected, 0) > 0
