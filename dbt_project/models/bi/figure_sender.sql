-- Why a figure is partial or not received: choose a metric and a period.
with arrivals as (select * from {{ ref('sender_arrival') }}),

metric_feeds as (select * from {{ ref('metric_feed') }}),

periods_of_metrics as (select * from {{ ref('period_of_metric') }}),

areas as (select * from {{ ref('dim_area') }}),

offices as (select * from {{ ref('dim_reporting_unit') }})

select
    metric_feeds.metric,
    arrivals.period_kind,
    arrivals.period,
    arrivals.feed,
    arrivals.sender_code,
    coalesce(districts.name_vi, units.label_vi, arrivals.sender_code) as sender,
    metric_feeds.is_counted::boolean as is_counted,
    arrivals.arrival
from arrivals
inner join metric_feeds on arrivals.feed = metric_feeds.feed and arrivals.basis = metric_feeds.basis
inner join periods_of_metrics
    on metric_feeds.metric = periods_of_metrics.metric
        and arrivals.period_kind = periods_of_metrics.period_kind and arrivals.period = periods_of_metrics.period
left join lateral (
    select areas.name_vi from areas
    where areas.level = 'district' and areas.code = arrivals.sender_code
    order by areas.valid_from desc
    limit 1
) as districts on true
left join lateral (
    select offices.label_vi from offices
    where offices.unit_code = arrivals.sender_code
    order by offices.valid_from desc
    limit 1
) as units on true
