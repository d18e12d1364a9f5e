-- The function bi.indicator_as_of(moment) gives the vintages of one moment.
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
    is_suppressed,
    known_from,
    known_to,
    build_id,
    status
from {{ ref('fct_report_indicator') }}
