-- By occupation, as each sender told last: who works in it, who wants to, and the openings that employers plan; and the trades that only the province tells
-- apart, with the openings of orders for them.
with working_rows as (
    select
        supply.area_sk,
        supply.district_code,
        told.breakdown,
        count(*) as employed
    from {{ ref('int_supply__latest') }} as supply
    cross join
        lateral (
            values
            ('all', true),
            ('occupation=' || supply.occupation_code, true),
            ('trade=' || supply.occupation_detail, supply.occupation_detail <> supply.occupation_official)
        ) as told (breakdown, belongs)
    where supply.activity_status = 'employed' and told.belongs
    group by supply.area_sk, supply.district_code, told.breakdown
),

demand_rows as (
    select
        demand.area_sk,
        demand.district_code,
        told.breakdown,
        sum(demand.openings) as openings
    from {{ ref('int_demand__latest') }} as demand
    cross join lateral (values ('all'), ('occupation=' || demand.occupation_code)) as told (breakdown)
    group by demand.area_sk, demand.district_code, told.breakdown
),

order_rows as (
    select
        area_sk,
        district_code,
        'trade=' || occupation_detail as breakdown,
        sum(openings) as openings
    from {{ ref('fct_job_order') }}
    where occupation_detail <> occupation_official
    group by area_sk, district_code, occupation_detail
),

working as (
    select
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(employed * area_weight)') }} as employed
    from {{ in_places('working_rows') }} as placed
    group by area_mode, area_code, area, breakdown
),

persons as (
    select
        wishes.area_mode,
        wishes.area_code,
        wishes.area,
        told.breakdown,
        wishes.who,
        max(wishes.area_weight) as area_weight
    from {{ in_places(ref('int_supply__latest')) }} as wishes
    cross join lateral (values ('all'), ('occupation=' || wishes.wanted_occupation_code)) as told (breakdown)
    where wishes.wants_job
    group by wishes.area_mode, wishes.area_code, wishes.area, told.breakdown, wishes.who
),

seeking as (
    select
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(area_weight)') }} as seekers
    from persons
    group by area_mode, area_code, area, breakdown
),

planned as (
    select
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(openings * area_weight)') }} as openings
    from {{ in_places('demand_rows') }} as placed
    group by area_mode, area_code, area, breakdown
),

ordered as (
    select
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(openings * area_weight)') }} as openings
    from {{ in_places('order_rows') }} as placed
    group by area_mode, area_code, area, breakdown
),

joined as (
    select
        area_mode,
        area_code,
        area,
        breakdown,
        starts_with(breakdown, 'trade=') as is_trade,
        coalesce(working.employed, 0) as employed,
        coalesce(seeking.seekers, 0) as seekers,
        coalesce(planned.openings, 0) as planned,
        coalesce(ordered.openings, 0) as ordered
    from working
    full join seeking using (area_mode, area_code, area, breakdown)
    full join planned using (area_mode, area_code, area, breakdown)
    full join ordered using (area_mode, area_code, area, breakdown)
)

select
    cell.metric,
    'all' as period_kind,
    'all' as period,
    joined.area_mode,
    joined.area_code,
    joined.area,
    joined.breakdown,
    cell.numerator,
    cell.denominator,
    case when cell.metric = 'tension_planned' then {{ ratio('cell.numerator', 'cell.denominator', 3) }} else cell.numerator end as value,
    cell.persons
from joined
cross join
    lateral (
        values
        ('employed', joined.employed, null, joined.employed, true),
        ('seekers_surveyed', joined.seekers, null, joined.seekers, not joined.is_trade),
        ('openings_planned', joined.planned, null, null, not joined.is_trade),
        ('tension_planned', joined.planned, joined.seekers, joined.seekers, not joined.is_trade),
        ('openings_ordered', joined.ordered, null, null, joined.is_trade)
    ) as cell (metric, numerator, denominator, persons, belongs)
where cell.belongs
