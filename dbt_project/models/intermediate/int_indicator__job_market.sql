-- Openings and seekers, as stock on the last day of a month or quarter (or the last day that is told of) and as flow of a month; openings per seeker; what
-- became of the orders of a month. An order is open while it is neither closed nor past its deadline; a wish is live until its sender's next survey or the
-- first start after it.
with orders as (
    select
        job_order.*,
        posted.date_day as posted_on,
        posted.year_month,
        coalesce(least(closed.date_day, deadline.date_day + 1), 'infinity') as ended_on,
        case when occupation.level = 2 then occupation.code else 'unknown' end as occupation_code
    from {{ ref('fct_job_order') }} as job_order
    inner join {{ ref('dim_date') }} as posted on job_order.posted_date_sk = posted.date_sk
    left join {{ ref('dim_date') }} as closed on job_order.closed_date_sk = closed.date_sk
    left join {{ ref('dim_date') }} as deadline on job_order.deadline_date_sk = deadline.date_sk
    inner join {{ ref('dim_occupation') }} as occupation on job_order.occupation_sk = occupation.occupation_sk
),

rounds as (
    select
        supply.sender_code,
        supply.period,
        lead(min(surveyed.date_day), 1, 'infinity') over (partition by supply.sender_code order by min(surveyed.date_day)) as next_begins_on
    from {{ ref('fct_labour_supply') }} as supply
    inner join {{ ref('dim_date') }} as surveyed on supply.surveyed_date_sk = surveyed.date_sk
    group by supply.sender_code, supply.period
),

wishes as (
    select
        supply.*,
        {{ who('supply', 'supply_sk') }} as who,
        surveyed.date_day as wished_on,
        surveyed.year_month,
        case when occupation.level = 2 then occupation.code else 'unknown' end as occupation_code,
        least(rounds.next_begins_on, first_start.day) as ended_on
    from {{ ref('fct_labour_supply') }} as supply
    inner join {{ ref('dim_date') }} as surveyed on supply.surveyed_date_sk = surveyed.date_sk
    inner join rounds on supply.sender_code = rounds.sender_code and supply.period = rounds.period
    inner join {{ ref('dim_occupation') }} as occupation on supply.wanted_occupation_sk = occupation.occupation_sk
    left join lateral (
        select min(started.date_day) as day
        from {{ ref('fct_placement') }} as placement
        inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk
        where placement.person_sk = supply.person_sk and supply.person_sk > 0 and started.date_day >= surveyed.date_day
    ) as first_start on true
    where supply.wants_job
),

placed_orders as (
    select * from {{ in_places('orders') }} as placed
),

placed_wishes as (
    select * from {{ in_places('wishes') }} as placed
),

first_order as (select date_trunc('month', min(posted_on)) as begins_on from orders),

-- months and quarters that orders tell of, each with the day that its stock is counted on
ends as (
    select distinct
        told.period_kind,
        told.period,
        least(told.last_day, known.day) as last_day
    from {{ ref('int_day__told') }} as known
    cross join first_order as first
    cross join lateral generate_series(first.begins_on, known.day, interval '1 month') as month
    cross join
        lateral (
            values
            ('month', to_char(month, 'YYYY-MM'), (month + interval '1 month')::date - 1),
            ('quarter', to_char(month, 'YYYY-"Q"Q'), (date_trunc('quarter', month) + interval '3 months')::date - 1)
        ) as told (period_kind, period, last_day)
),

open_orders as (
    select
        ends.period_kind,
        ends.period,
        orders.area_mode,
        orders.area_code,
        orders.area,
        told.breakdown,
        {{ whole('sum(orders.openings * orders.area_weight)') }} as openings
    from placed_orders as orders
    inner join ends on orders.posted_on <= ends.last_day and orders.ended_on > ends.last_day
    cross join
        lateral (values ('all', true), ('occupation=' || orders.occupation_code, ends.period_kind = 'quarter')) as told (breakdown, belongs)
    where told.belongs
    group by ends.period_kind, ends.period, orders.area_mode, orders.area_code, orders.area, told.breakdown
),

live_persons as (
    select
        ends.period_kind,
        ends.period,
        wishes.area_mode,
        wishes.area_code,
        wishes.area,
        told.breakdown,
        wishes.who,
        max(wishes.area_weight) as area_weight
    from placed_wishes as wishes
    inner join ends on wishes.wished_on <= ends.last_day and wishes.ended_on > ends.last_day
    cross join
        lateral {{ by_priority_group('wishes', [
            ("'sex=' || wishes.sex", 'true'), ("'occupation=' || wishes.occupation_code", "ends.period_kind = 'quarter'")
        ]) }} as told (breakdown, belongs)
    where told.belongs
    group by ends.period_kind, ends.period, wishes.area_mode, wishes.area_code, wishes.area, told.breakdown, wishes.who
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
