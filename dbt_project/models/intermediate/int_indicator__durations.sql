-- How long it takes, with cases that are still open counted for as long as they were open (Kaplan-Meier): from an order to its filling, by the quarter in which
-- it was posted, and from a person's first registration (a stated wish or a visit to a session) to the first start after it, by the year of registration.
with cases as (
    select
        'time_to_fill' as metric,
        'quarter' as period_kind,
        orders.cohort as period,
        orders.area_mode,
        orders.area_code,
        orders.area,
        told.breakdown,
        orders.days,
        orders.is_event,
        orders.area_weight as weight
    from {{ in_places(ref('int_order__open_time')) }} as orders
    cross join
        lateral (values ('all', true), ('occupation=' || orders.occupation_code, orders.area_code = 'all')) as told (breakdown, belongs)
    where told.belongs and orders.days >= 0
    union all
    select
        'time_to_place',
        'year',
        seekers.cohort,
        seekers.area_mode,
        seekers.area_code,
        seekers.area,
        told.breakdown,
        seekers.days,
        seekers.is_event,
        seekers.area_weight
    from {{ in_places(ref('int_person__search_time')) }} as seekers
    cross join lateral {{ by_priority_group('seekers', [("'sex=' || seekers.sex", 'true')]) }} as told (breakdown, belongs)
    where told.belongs and seekers.days >= 0
)

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
from {{ kaplan_meier('cases', ['metric', 'period_kind', 'period', 'area_mode', 'area_code', 'area', 'breakdown']) }} as curve
cross join
    lateral (
        values
        (curve.metric, curve.median_days::numeric),
        (case curve.metric when 'time_to_fill' then 'filled' else 'placed' end || '_within_90_days', round(curve.by_day, 4))
    ) as cell (metric, value)
