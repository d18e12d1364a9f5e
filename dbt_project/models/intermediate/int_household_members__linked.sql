-- A household number is valid within one vintage of the register, so the survey round must be within a year of the vintage; the nearest one counts.
with registered as (select * from {{ ref('stg_poverty_register__household') }}),

surveyed as (select * from {{ ref('stg_labour_survey__person') }}),

identities as (select * from {{ ref('stg_ops__person_identity') }}),

households as (
    select
        {{ surrogate_key(['sender_code', 'period', 'household_no']) }} as household_sk,
        period as vintage,
        household_no,
        commune_code,
        as_of_date
    from registered
),

persons as (
    select
        {{ surrogate_key(['coalesce(identities.person_key, surveyed.person_key)']) }} as person_sk,
        surveyed.household_no,
        surveyed.commune_code,
        surveyed.surveyed_on
    from surveyed
    left join identities on surveyed.person_key = identities.alias_key
    where surveyed.person_key is not null
)

select distinct on (households.household_sk, persons.person_sk)
    households.household_sk,
    households.vintage,
    persons.person_sk,
    'number_and_commune' as link_method,
    abs(households.as_of_date - persons.surveyed_on) as days_apart
from households
inner join persons
    on households.commune_code = persons.commune_code and households.household_no = persons.household_no
        and abs(households.as_of_date - persons.surveyed_on) <= 366
order by households.household_sk asc, persons.person_sk asc, abs(households.as_of_date - persons.surveyed_on) asc
