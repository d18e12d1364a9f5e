-- Poor and near-poor households of each vintage of the register, by its own standard; vintages and standards stand side by side and are never added up. How far
-- poverty fell is told for each earlier vintage of the same standard as its baseline, by name: the verdict depends on it.
with households as (
    select
        household.area_mode,
        household.area_code,
        household.area,
        household.vintage,
        household.standard_version,
        min(household.as_of_date_sk) as as_of_date_sk,
        {{ whole('sum(household.area_weight)') }} as households,
        {{ whole('sum(household.area_weight) filter (where household.is_poor)') }} as poor,
        {{ whole('sum(household.area_weight) filter (where household.is_near_poor)') }} as near_poor
    from {{ in_places(ref('fct_poverty_household')) }} as household
    group by household.area_mode, household.area_code, household.area, household.vintage, household.standard_version
)

select
    cell.metric,
    'vintage' as period_kind,
    households.vintage as period,
    households.area_mode,
    households.area_code,
    households.area,
    'standard=' || households.standard_version as breakdown,
    cell.numerator,
    households.households as denominator,
    {{ ratio('cell.numerator', 'households.households', 6) }} as value,
    {{ fewest(['cell.numerator', 'households.households - cell.numerator']) }} as persons
from households
cross join lateral (values ('poor_rate', households.poor), ('near_poor_rate', households.near_poor)) as cell (metric, numerator)
union all
select
    'poverty_reduction',
    'vintage',
    later.vintage,
    later.area_mode,
    later.area_code,
    later.area,
    'standard=' || later.standard_version || ';baseline=' || baseline.vintage,
    baseline.poor - later.poor,
    baseline.poor,
    {{ ratio('baseline.poor - later.poor', 'baseline.poor') }},
    {{ fewest(['later.poor', 'baseline.poor']) }}
from households as later
inner join households as baseline
    on later.area_mode = baseline.area_mode and later.area_code = baseline.area_code and later.standard_version = baseline.standard_version
        and later.as_of_date_sk > baseline.as_of_date_sk
-- of the province alone: beside the rates of an area it would give away a hidden one
where later.area_code = 'all'
