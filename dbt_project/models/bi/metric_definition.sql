-- What each indicator means, defined once; and which feeds can change it.
with feeds as (
    select
        metric.metric,
        array_agg(distinct fed_by.feed order by fed_by.feed) as feeds
    from {{ ref('metric') }} as metric
    inner join {{ fed_by() }} as fed_by (fact, feed) on fed_by.fact = any(string_to_array(metric.source_facts, ', '))
    group by metric.metric
)

select
    metric.metric,
    metric.label_vi,
    metric.label_en,
    metric.numerator,
    metric.denominator,
    metric.definition_vi,
    metric.definition_en,
    metric.grain,
    metric.source_facts,
    metric.known_traps,
    feeds.feeds
from {{ ref('metric') }} as metric
left join feeds on metric.metric = feeds.metric
