-- How long it takes to fill an order and to place a person, with cases that are still open counted for as long as they were open (Kaplan-Meier).
select
    cell.metric,
    curve.period_kind,
    curve.period,
    curve.area_mode,
    curve.area_code,
    curve.area,
    curve.breakdown,
    {{ whole('curve.events') }} as numerator,
    {{ whole('curve.cases') }} as denominator,
    cell.value,
    case when curve.metric = 'time_to_place' then {{ fewest(['curve.events', 'curve.cases - curve.events']) }} end as persons
from {{ kaplan_meier(ref('int_case__timed'), ['metric', 'share', 'period_kind', 'period', 'area_mode', 'area_code', 'area', 'breakdown']) }} as curve
cross join
    lateral (
        values
        (curve.metric, curve.median_days::numeric),
        (curve.share, round(curve.by_day, 4))
    ) as cell (metric, value)
