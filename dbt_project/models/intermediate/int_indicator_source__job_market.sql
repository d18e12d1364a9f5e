-- The rows behind openings, seekers and tension.
with placed_orders as (
    select * from {{ in_places(ref('int_order__lasting')) }} as placed
),

placed_wishes as (
    select * from {{ in_places(ref('int_wish__lasting')) }} as placed
)

select
    cell.metric,
    orders.period_kind,
    orders.told_period as period,
    orders.area_mode,
    orders.area_code,
    orders.breakdown,
    'numerator' as part,
    'fct_job_order' as fact,
    orders.batch_id,
    orders.row_no,
    orders.order_sk as unit,
    orders.openings * orders.area_weight as amount
from {{ ref('int_order__in_stock') }} as orders
cross join lateral (values ('openings_stock', true), ('tension', orders.knows_wishes)) as cell (metric, belongs)
where cell.belongs
union all
select
    cell.metric,
    wishes.period_kind,
    wishes.told_period,
    wishes.area_mode,
    wishes.area_code,
    wishes.breakdown,
    cell.part,
    'fct_labour_supply',
    wishes.batch_id,
    wishes.row_no,
    wishes.who,
    wishes.area_weight
from {{ ref('int_wish__in_stock') }} as wishes
cross join
    lateral (
        values
        ('jobseekers_stock', 'numerator', true),
        ('tension', 'denominator', wishes.knows_orders and (wishes.breakdown = 'all' or starts_with(wishes.breakdown, 'occupation=')))
    ) as cell (metric, part, belongs)
where cell.belongs
union all
select
    cell.metric,
    'month',
    orders.year_month,
    orders.area_mode,
    orders.area_code,
    'all',
    cell.part,
    'fct_job_order',
    orders.batch_id,
    orders.row_no,
    orders.order_sk,
    orders.openings * orders.area_weight
from placed_orders as orders
cross join {{ ref('int_day__told') }} as known
cross join
    lateral (
        values
        ('openings_flow', 'numerator', true),
        ('fill_rate', 'numerator', orders.close_reason = 'filled'),
        ('fill_rate', 'denominator', orders.ended_on <= known.day),
        ('still_open', 'numerator', orders.ended_on > known.day),
        ('still_open', 'denominator', true)
    ) as cell (metric, part, belongs)
where cell.belongs
union all
select
    'jobseekers_flow',
    'month',
    year_month,
    area_mode,
    area_code,
    'all',
    'numerator',
    'fct_labour_supply',
    batch_id,
    row_no,
    who,
    area_weight
from placed_wishes
