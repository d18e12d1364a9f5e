-- A suppressed cell shows no number at all. An empty value has one meaning with each status.
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
    status,
    senders_expected,
    senders_in
from {{ ref('covered_cell') }}
