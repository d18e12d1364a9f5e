-- The rows behind the poor households with and without somebody in work.
select
    cell.metric,
    'vintage' as period_kind,
    household.vintage as period,
    household.area_mode,
    household.area_code,
    'standard=' || household.standard_version as breakdown,
    cell.part,
    'fct_poverty_household' as fact,
    household.batch_id,
    household.row_no,
    household.household_sk as unit,
    household.area_weight as amount
from {{ in_places(ref('int_household__placed')) }} as household
cross join
    lateral (
        values
        ('poor_household_coverage', 'numerator', household.is_sustained),
        ('poor_household_coverage', 'denominator', true),
        ('poor_households_without_placement', 'numerator', not household.is_placed),
        ('poor_households_without_placement', 'denominator', true)
    ) as cell (metric, part, belongs)
where cell.belongs
