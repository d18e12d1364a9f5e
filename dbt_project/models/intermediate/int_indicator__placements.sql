-- Job starts and the persons who started, by month.
with starts as (
    select
        started.year_month,
        placement.area_mode,
        placement.area_code,
        placement.area,
        told.breakdown,
        {{ who('placement', 'placement_sk') }} as who,
        sum(placement.area_weight) as starts,
        max(placement.area_weight) as persons
    from {{ in_places(ref('fct_placement')) }} as placement
    inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk
    cross join lateral {{ by_priority_group('placement') }} as told (breakdown, belongs)
    where told.belongs
    group by started.year_month, placement.area_mode, placement.area_code, placement.area, told.breakdown, who
),

counted as (
    select
        year_month,
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(starts)') }} as starts,
        {{ whole('sum(persons)') }} as persons
    from starts
    group by year_month, area_mode, area_code, area, breakdown
)

select
    cell.metric,
    'month' as period_kind,
    counted.year_month as period,
    counted.area_mode,
    counted.area_code,
    counted.area,
    counted.breakdown,
    cell.numerator,
    null::numeric as denominator,
    cell.numerator as value,
    counted.persons
from counted
cross join lateral (values ('placements', counted.starts), ('placed_persons', counted.persons)) as cell (metric, numerator)
