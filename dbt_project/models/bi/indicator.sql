-- Every indicator in one long shape: one row a metric, period, area mode, area and breakdown. A cell of few persons, or one that would give such a cell away,
-- is hidden whole.
select
    metric,
    period_kind,
    period,
    area_mode,
    area_code,
    area,
    breakdown,
    case when not is_suppressed then numerator end as numerator,
    case when not is_suppressed then denominator end as denominator,
    case when not is_suppressed then value end as value,
    is_suppressed
from {{ ref('indicator_cell') }}
