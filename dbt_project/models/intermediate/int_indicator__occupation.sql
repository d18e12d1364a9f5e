-- By occupation, as each sender told last: who works in it, who wants to, and the openings that employers plan; and the trades that only the province tells
-- apart, with the openings of orders for them.
-- Rows are counted before they are placed, but for persons who want work, each of whom counts once in a place.
with told as (
    select
        supply.area_sk,
        supply.district_code,
        told.breakdown,
        null::bigint as seeker,
        count(*) as employed,
        0 as planned,
        0 as ordered
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
    union all
    select
        wish.area_sk,
        wish.district_code,
        told.breakdown,
        wish.who,
        0,
        0,
        0
    from {{ ref('int_supply__latest') }} as wish
    cross join lateral (values ('all'), ('occupation=' || wish.wanted_occupation_code)) as told (breakdown)
    where wish.wants_job
    union all
    select
        demand.area_sk,
        demand.district_code,
        told.breakdown,
        null,
        0,
        sum(demand.openings),
        0
    from {{ ref('int_demand__latest') }} as demand
    cross join lateral (values ('all'), ('occupation=' || demand.occupation_code)) as told (breakdown)
    group by demand.area_sk, demand.district_code, told.breakdown
    union all
    select
        area_sk,
        district_code,
        'trade=' || occupation_detail,
        null,
        0,
        0,
        sum(openings)
    from {{ ref('fct_job_order') }}
    where occupation_detail <> occupation_official
    group by area_sk, district_code, occupation_detail
),

once as (
    select
        area_mode,
        area_code,
        area,
        breakdown,
        sum(employed * area_weight) as employed,
        max(area_weight) filter (where seeker is not null) as seekers,
        sum(planned * area_weight) as planned,
        sum(ordered * area_weight) as ordered
    from {{ in_places('told') }} as placed
    group by area_mode, area_code, area, breakdown, seeker
),

counted as (
    select
        area_mode,
        area_code,
        area,
        breakdown,
        starts_with(breakdown, 'trade=') as is_trade,
        {{ whole('sum(employed)') }} as employed,
        {{ whole('sum(seekers)') }} as seekers,
        {{ whole('sum(planned)') }} as planned,
        {{ whole('sum(ordered)') }} as ordered
    from once
    group by area_mode, area_code, area, breakdown
)

select
    cell.metric,
    'all' as period_kind,
    'all' as period,
    counted.area_mode,
    counted.area_code,
    counted.area,
    counted.breakdown,
    cell.numerator,
    cell.denominator,
    case when cell.metric = 'tension_planned' then {{ ratio('cell.numerator', 'cell.denominator', 3) }} else cell.numerator end as value,
    cell.persons
from counted
cross join
    lateral (
        values
        ('employed', counted.employed, null, counted.employed, true),
        ('seekers_surveyed', counted.seekers, null, counted.seekers, not counted.is_trade),
        ('openings_planned', counted.planned, null, null, not counted.is_trade),
        ('tension_planned', counted.planned, counted.seekers, counted.seekers, not counted.is_trade),
        ('openings_ordered', counted.ordered, null, null, counted.is_trade)
    ) as cell (metric, numerator, denominator, persons, belongs)
where cell.belongs
