-- Openings and seekers, as stock on the last day of a month or quarter (or the last day that is told of) and as flow of a month; openings per seeker; what
-- became of the orders of a month. An order is open while it is neither closed nor past its deadline; a wish is live until its sender's next survey or the
-- first start after it.
with placed_orders as (
    select * from {{ in_places(ref('int_order__lasting')) }} as placed
),

placed_wishes as (
    select * from {{ in_places(ref('int_wish__lasting')) }} as placed
),

open_orders as (
    select
        period_kind,
        told_period as period,
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(openings * area_weight)') }} as openings
    from {{ ref('int_order__in_stock') }}
    group by period_kind, told_period, area_mode, area_code, area, breakdown
),

live_persons as (
    select
        period_kind,
        told_period as period,
        area_mode,
        area_code,
        area,
        breakdown,
        who,
        max(area_weight) as area_weight
    from {{ ref('int_wish__in_stock') }}
    group by period_kind, told_period, area_mode, area_code, area, breakdown, who
),

live_wishes as (
    select
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(area_weight)') }} as seekers
    from live_persons
    group by period_kind, period, area_mode, area_code, area, breakdown
),

stock as (
    select
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        coalesce(open_orders.openings, 0) as openings,
        coalesce(live_wishes.seekers, 0) as seekers
    from open_orders
    full join live_wishes using (period_kind, period, area_mode, area_code, area, breakdown)
),

new_orders as (
    select
        orders.year_month,
        orders.area_mode,
        orders.area_code,
        orders.area,
        {{ whole('sum(orders.openings * orders.area_weight)') }} as openings,
        {{ whole("sum(orders.openings * orders.area_weight) filter (where orders.close_reason = 'filled')") }} as filled,
        {{ whole('sum(orders.openings * orders.area_weight) filter (where orders.ended_on <= known.day)') }} as ended
    from placed_orders as orders
    cross join {{ ref('int_day__told') }} as known
    group by orders.year_month, orders.area_mode, orders.area_code, orders.area
),

new_persons as (
    select
        year_month,
        area_mode,
        area_code,
        area,
        who,
        max(area_weight) as area_weight
    from placed_wishes
    group by year_month, area_mode, area_code, area, who
),

new_wishes as (
    select
        year_month,
        area_mode,
        area_code,
        area,
        {{ whole('sum(area_weight)') }} as seekers
    from new_persons
    group by year_month, area_mode, area_code, area
)

select
    cell.metric,
    stock.period_kind,
    stock.period,
    stock.area_mode,
    stock.area_code,
    stock.area,
    stock.breakdown,
    cell.numerator,
    cell.denominator,
    case when cell.metric = 'tension' then {{ ratio('cell.numerator', 'cell.denominator', 3) }} else cell.numerator end as value,
    cell.persons
from stock
cross join
    lateral (
        values
        ('openings_stock', stock.openings, null, null),
        ('jobseekers_stock', stock.seekers, null, stock.seekers),
        ('tension', stock.openings, stock.seekers, stock.seekers)
    ) as cell (metric, numerator, denominator, persons)
where cell.metric = 'jobseekers_stock' or stock.breakdown = 'all' or starts_with(stock.breakdown, 'occupation=')
union all
select
    cell.metric,
    'month',
    new_orders.year_month,
    new_orders.area_mode,
    new_orders.area_code,
    new_orders.area,
    'all',
    cell.numerator,
    cell.denominator,
    case when cell.metric = 'openings_flow' then cell.numerator else {{ ratio('cell.numerator', 'cell.denominator') }} end,
    null
from new_orders
cross join
    lateral (
        values
        ('openings_flow', new_orders.openings, null),
        ('fill_rate', new_orders.filled, new_orders.ended),
        ('still_open', new_orders.openings - new_orders.ended, new_orders.openings)
    ) as cell (metric, numerator, denominator)
union all
select
    'jobseekers_flow',
    'month',
    year_month,
    area_mode,
    area_code,
    area,
    'all',
    seekers as numerator,
    null,
    seekers as value,
    seekers as persons
from new_wishes
