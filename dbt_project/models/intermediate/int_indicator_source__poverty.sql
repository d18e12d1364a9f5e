-- The rows behind poor and near-poor households, and behind how far their number fell from one vintage to another: those of the later one take away.
with vintages as (
    select
        vintage,
        standard_version,
        min(as_of_date_sk) as as_of_date_sk
    from {{ ref('fct_poverty_household') }}
    group by vintage, standard_version
)

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
from {{ in_places(ref('fct_poverty_household')) }} as household
cross join
    lateral (
        values
        ('poor_rate', 'numerator', household.is_poor),
        ('poor_rate', 'denominator', true),
        ('near_poor_rate', 'numerator', household.is_near_poor),
        ('near_poor_rate', 'denominator', true)
    ) as cell (metric, part, belongs)
where cell.belongs
union all
select
    'poverty_reduction',
    'vintage',
    later.vintage,
    'as_reported',
    'all',
    'standard=' || later.standard_version || ';baseline=' || baseline.vintage,
    cell.part,
    'fct_poverty_household',
    household.batch_id,
    household.row_no,
    household.household_sk,
    cell.amount
from vintages as later
inner join vintages as baseline on later.standard_version = baseline.standard_version and later.as_of_date_sk > baseline.as_of_date_sk
inner join {{ ref('fct_poverty_household') }} as household
    on household.is_poor and later.standard_version = household.standard_version and household.vintage in (later.vintage, baseline.vintage)
cross join
    lateral (
        values
        ('numerator', case when household.vintage = baseline.vintage then 1 else -1 end, true),
        ('denominator', 1, household.vintage = baseline.vintage)
    ) as cell (part, amount, belongs)
where cell.belongs
