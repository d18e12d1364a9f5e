-- Which surveyed persons lived in a household of a register vintage: the same household number in the same commune (number_and_commune), in the round of the
-- survey nearest to the vintage, and no more than a year from it, since numbers hold within a vintage. No link is no statement: the household was not
-- surveyed, or its number was written otherwise.
with households as (
    select
        {{ surrogate_key(['sender_code', 'period', 'household_no']) }} as household_sk,
        period as vintage,
        household_no,
        commune_code,
        as_of_date
    from {{ ref('stg_poverty_register__household') }}
),

persons as (
    select
        {{ surrogate_key(['coalesce(same.person_key, survey.person_key)']) }} as person_sk,
        survey.household_no,
        survey.commune_code,
        survey.surveyed_on
    from {{ ref('stg_labour_survey__person') }} as survey
    left join {{ ref('stg_ops__person_identity') }} as same on survey.person_key = same.alias_key
    where survey.person_key is not null
)

select distinct on (household.household_sk, person.person_sk)
    household.household_sk,
    household.vintage,
    person.person_sk,
    'number_and_commune' as link_method,
    abs(household.as_of_date - person.surveyed_on) as days_apart
from households as household
inner join persons as person
    on household.commune_code = person.commune_code and household.household_no = person.household_no
        and abs(household.as_of_date - person.surveyed_on) <= 366
order by household.household_sk asc, person.person_sk asc, abs(household.as_of_date - person.surveyed_on) asc
