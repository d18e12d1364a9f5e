-- Poor households with somebody of working age, by vintage: how many have a member in sustainable work (still in the job at 6 or 12 months), and how many have
-- nobody who ever started a job. A household's persons are those whom the survey found under its number in its commune; one that the survey links to nobody has
-- nobody.
with placed as (
    select
        register.sender_code,
        register.period,
        register.household_no,
        bool_or(placement.check_m6 = 'in_job' or placement.check_m12 = 'in_job') as is_sustained
    from {{ ref('stg_poverty_register__household') }} as register
    inner join {{ ref('stg_labour_survey__person') }} as person
        on register.commune_code = person.commune_code and register.household_no = person.household_no
    inner join {{ ref('fct_placement') }} as placement on placement.person_sk = {{ surrogate_key(['person.person_key']) }}
    group by register.sender_code, register.period, register.household_no
),

households as (
    select
        household.area_sk,
        household.district_code,
        household.vintage,
        household.standard_version,
        placed.is_sustained is not null as is_placed,
        coalesce(placed.is_sustained, false) as is_sustained
    from {{ ref('fct_poverty_household') }} as household
    left join placed
        on household.household_sk = {{ surrogate_key(['placed.sender_code', 'placed.period', 'placed.household_no']) }}
    where household.is_poor and household.has_working_age
),

counted as (
    select
        area_mode,
        area_code,
        area,
        vintage,
        standard_version,
        {{ whole('sum(area_weight)') }} as households,
        {{ whole('sum(area_weight) filter (where is_sustained)') }} as sustained,
        {{ whole('sum(area_weight) filter (where not is_placed)') }} as without
    from {{ in_places('households') }} as placed_households
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
