-- The feeds that a metric is counted from, with all of their rules, as one text: figures with the same text have the same coverage. The total of the
-- province needs fewer of them than its areas and breakdowns.
with metric_feeds as (select * from {{ ref('metric_feed') }})

select
    metric_feeds.metric,
    parts.is_part,
    string_agg(concat_ws(' ', metric_feeds.feed, metric_feeds.basis, metric_feeds.reach, metric_feeds.is_counted), ', ' order by metric_feeds.feed) as feeds
from metric_feeds
cross join (values (false), (true)) as parts (is_part)
where metric_feeds.reach <> 'parts' or parts.is_part
group by metric_feeds.metric, parts.is_part
