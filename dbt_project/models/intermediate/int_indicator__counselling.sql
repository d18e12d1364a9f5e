-- Persons counselled against two denominators that are never mixed: A all of working age, B those who state a need for work.
with population as (
    select
        supply.area_mode,
        supply.area_code,
        supply.area,
        told.breakdown,
        {{ who('supply', 'supply_sk') }} as who,
        max(supply.area_weight) as area_weight,
        bool_or(supply.wants_job) as wants_job
    from {{ in_places(ref('fct_labour_supply')) }} as supply
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'labour_survey' and supply.sender_code = latest.sender_code and supply.period = latest.period
    cross join lateral {{ by_priority_group('supply') }} as told (breakdown, belongs)
    where supply.age_band not in ('0-14', '65+') and told.belongs
    group by supply.area_mode, supply.area_code, supply.area, told.breakdown, who
),

target as (
    select
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(area_weight)') }} as working_age,
        {{ whole('sum(area_weight) filter (where wants_job)') }} as with_need
    from population
    group by area_mode, area_code, area, breakdown
),

advised as (
    select
        visit.area_mode,
        visit.area_code,
        told.breakdown,
        {{ who('visit', 'visit_sk') }} as who,
        max(visit.area_weight) as area_weight
    from {{ in_places(ref('fct_fair_attendance')) }} as visit
    cross join lateral {{ by_priority_group('visit') }} as told (breakdown, belongs)
    where visit.is_counselled and told.belongs
    group by visit.area_mode, visit.area_code, told.breakdown, who
),

counselled as (
    select
        area_mode,
        area_code,
        breakdown,
        {{ whole('sum(area_weight)') }} as persons
    from advised
    group by area_mode, area_code, breakdown
)

select
    cell.metric,
    'all' as period_kind,
    'all' as period,
    target.area_mode,
    target.area_code,
    target.area,
    target.breakdown,
    coalesce(counselled.persons, 0) as numerator,
    cell.denominator,
    {{ ratio('coalesce(counselled.persons, 0)', 'cell.denominator') }} as value,
    coalesce(nullif(least(counselled.persons, cell.denominator), 0), 0) as persons
from target
left join counselled
    on target.area_mode = counselled.area_mode and target.area_code = counselled.area_code and target.breakdown = counselled.breakdown
cross join
    lateral (
        values ('counselling_coverage_a', target.working_age), ('counselling_coverage_b', target.with_need)
    ) as cell (metric, denominator)
