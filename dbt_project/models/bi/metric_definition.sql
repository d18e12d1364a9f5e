with metrics as (select * from {{ ref('metric') }}),

feeds_by_metric as (
    select
        metrics.metric,
        array_agg(distinct fact_feeds.feed order by fact_feeds.feed) as feeds
    from metrics
    inner join {{ fact_feeds() }} as fact_feeds (fact, feed) on fact_feeds.fact = any(string_to_array(metrics.source_facts, ', '))
    group by metrics.metric
)

select
    metrics.metric,
    metrics.label_vi,
    metrics.label_en,
    metrics.numerator,
    metrics.denominator,
    metrics.definition_vi,
    metrics.definition_en,
    metrics.grain,
    metrics.source_facts,
    metrics.known_traps,
    feeds_by_metric.feeds,
    metrics.unit,
    metrics.format,
    metrics.direction,
    metrics.additive_over_areas = 'yes' as additive_over_areas,
    metrics.additive_over_time = 'yes' as additive_over_time,
    metrics.owner,
    metrics.rule_source
from metrics
left join feeds_by_metric on metrics.metric = feeds_by_metric.metric
