-- The periods that a metric has figures of, in any area.
select
    metric,
    period_kind,
    period
from {{ ref('indicator_cell') }}
group by metric, period_kind, period
