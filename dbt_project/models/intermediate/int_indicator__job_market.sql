-- Openings and seekers, as stock on the last day of a month or quarter (or the last day that is told of) and as flow of a month; openings per seeker; what
-- became of the orders of a month. An order is open while it is neither closed nor past its deadline; a wish is live until its sender's next survey or the
-- first start after it.
with placed_orders as (
    select * from {{ in_places(ref('int_order__lasting')) }} as placed
),

placed_wishes as (
    select * from {{ in_places(ref('int_wish__lasting')) }} as placed
),

-- A stock at the end of a period is what came until then less what went: a long history is read once, and not again for each of its periods.
order_groups as (
    select
        orders.area_sk,
        orders.district_code,
        orders.occupation_code,
        date_trunc('month', orders.posted_on)::date as came_in,
        case when orders.ended_on <= known.day then date_trunc('month', orders.ended_on)::date end as went_in,
        sum(orders.openings) as openings
    from {{ ref('int_order__lasting') }} as orders
    inner join {{ ref('int_day__told') }} as known on orders.posted_on <= known.day
    group by orders.area_sk, orders.district_code, orders.occupation_code, came_in, went_in
),

wish_groups as (
    select
        wishes.area_sk,
        wishes.district_code,
        wishes.occupation_code,
        wishes.sex,
        wishes.is_poor,
        wishes.is_near_poor,
        wishes.is_newly_escaped,
        wishes.is_disabled,
        wishes.is_ethnic_minority,
        wishes.is_border,
        date_trunc('month', wishes.wished_on)::date as came_in,
        case when wishes.ended_on <= known.day then date_trunc('month', wishes.ended_on)::date end as went_in,
        count(*) as seekers
    from {{ ref('int_wish__lasting') }} as wishes
    inner join {{ ref('int_day__told') }} as known on wishes.wished_on <= known.day
    where wishes.is_alone
    group by
        wishes.area_sk, wishes.district_code, wishes.occupation_code, wishes.sex, wishes.is_poor, wishes.is_near_poor, wishes.is_newly_escaped,
        wishes.is_disabled, wishes.is_ethnic_minority, wishes.is_border, came_in, went_in
),

steps as (
    select
        orders.area_mode,
        orders.area_code,
        orders.area,
        told.breakdown,
        step.month,
        sum(step.sign * orders.openings * orders.area_weight) as openings,
        0 as seekers
    from {{ in_places('order_groups') }} as orders
    cross join lateral (values (orders.came_in, 1), (orders.went_in, -1)) as step (month, sign)
    cross join lateral (values ('all'), ('occupation=' || orders.occupation_code)) as told (breakdown)
    where step.month is not null
    group by orders.area_mode, orders.area_code, orders.area, told.breakdown, step.month
    union all
    select
        wishes.area_mode,
        wishes.area_code,
        wishes.area,
        told.breakdown,
        step.month,
        0,
        sum(step.sign * wishes.seekers * wishes.area_weight)
    from {{ in_places('wish_groups') }} as wishes
    cross join lateral (values (wishes.came_in, 1), (wishes.went_in, -1)) as step (month, sign)
    cross join
        lateral {{ by_priority_group('wishes', [
            ("'sex=' || wishes.sex", 'true'), ("'occupation=' || wishes.occupation_code", 'true')
        ]) }} as told (breakdown, belongs)
    where step.month is not null and told.belongs
    group by wishes.area_mode, wishes.area_code, wishes.area, told.breakdown, step.month
),

steps_of_periods as (
    select
        kind.period_kind,
        steps.area_mode,
        steps.area_code,
        steps.area,
        steps.breakdown,
        date_trunc(kind.period_kind, steps.month::timestamp)::date as begins_on,
        sum(steps.openings) as openings,
        sum(steps.seekers) as seekers
    from steps
    cross join (values ('month'), ('quarter')) as kind (period_kind)
    where kind.period_kind = 'quarter' or not starts_with(steps.breakdown, 'occupation=')
    group by kind.period_kind, steps.area_mode, steps.area_code, steps.area, steps.breakdown, date_trunc(kind.period_kind, steps.month::timestamp)
),

levels as (
    select
        period_kind,
        area_mode,
        area_code,
        area,
        breakdown,
        begins_on,
        lead(begins_on, 1, 'infinity') over cell as next_begins_on,
        sum(openings) over cell as openings,
        sum(seekers) over cell as seekers
    from steps_of_periods
    window cell as (partition by period_kind, area_mode, area_code, area, breakdown order by begins_on)
),

-- wishes of one person that live beside each other, in two districts: a person counts once
crowded_persons as (
    select
        period_kind,
        told_period as period,
        area_mode,
        area_code,
        area,
        breakdown,
        max(area_weight) as seekers
    from {{ ref('int_wish__in_stock') }}
    where not is_alone
    group by period_kind, told_period, area_mode, area_code, area, breakdown, who
),

standing as (
    select
        levels.period_kind,
        ends.period,
        levels.area_mode,
        levels.area_code,
        levels.area,
        levels.breakdown,
        levels.openings,
        levels.seekers
    from levels
    inner join {{ ref('int_day__stock') }} as ends
        on levels.period_kind = ends.period_kind and levels.begins_on <= ends.begins_on and levels.next_begins_on > ends.begins_on
    where levels.openings > 0 or levels.seekers > 0
    union all
    select
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        0,
        seekers
    from crowded_persons
),

stock as (
    select
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(openings)') }} as openings,
        {{ whole('sum(seekers)') }} as seekers
    from standing
    group by period_kind, period, area_mode, area_code, area, breakdown
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
inner join {{ ref('int_day__stock') }} as ends on stock.period_kind = ends.period_kind and stock.period = ends.period
cross join
    lateral (
        values
        ('openings_stock', stock.openings, null, null, ends.knows_orders),
        ('jobseekers_stock', stock.seekers, null, stock.seekers, ends.knows_wishes),
        ('tension', stock.openings, stock.seekers, stock.seekers, ends.knows_orders and ends.knows_wishes)
    ) as cell (metric, numerator, denominator, persons, is_known)
where cell.is_known and (cell.metric = 'jobseekers_stock' or stock.breakdown = 'all' or starts_with(stock.breakdown, 'occupation='))
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
