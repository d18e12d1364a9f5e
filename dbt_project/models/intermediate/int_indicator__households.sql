-- Poor households with somebody of working age, by vintage: how many have a member in sustainable work (still in the job at 6 or 12 months), and how many have
-- nobody who ever started a job. A household's persons are those whom the survey found under its number in its commune; one that the survey links to nobody has
-- nobody.
with counted as (
    select
        area_mode,
        area_code,
        area,
        vintage,
        standard_version,
        {{ whole('sum(area_weight)') }} as households,
        {{ whole('sum(area_weight) filter (where is_sustained)') }} as sustained,
        {{ whole('sum(area_weight) filter (where not is_placed)') }} as without
    from {{ in_places(ref('int_household__placed')) }} as household
    group by area_mode, area_code, area, vintage, standard_version
)

select
    cell.metric,
    'vintage' as period_kind,
    counted.vintage as period,
    counted.area_mode,
    counted.area_code,
    counted.area,
    'standard=' || counted.standard_version as breakdown,
    cell.numerator,
    counted.households as denominator,
    {{ ratio('cell.numerator', 'counted.households') }} as value,
    {{ fewest(['counted.sustained', 'counted.without', 'counted.households - counted.sustained - counted.without']) }} as persons
from counted
cross join
    lateral (
        values ('poor_household_coverage', counted.sustained), ('poor_households_without_placement', counted.without)
    ) as cell (metric, numerator)
