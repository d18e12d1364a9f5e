-- Persons of the survey round of each sender and year, with the level-2 occupations in which they work and want to work.
with supply as (
    select * from {{ ref('fct_labour_supply') }}
),

periods as (
    select * from {{ ref('int_periods__latest_of_year') }}
    where feed = 'labour_survey'
),

occupations as (
    select * from {{ ref('dim_occupation') }}
)

select
    supply.*,
    periods.year,
    {{ counting_key('supply', 'supply_sk') }} as person_key,
    occupations.code as occupation_code,
    wanted_occupations.code as wanted_occupation_code
from supply
inner join periods on supply.sender_code = periods.sender_code and supply.period = periods.period
inner join occupations on supply.occupation_sk = occupations.occupation_sk
inner join occupations as wanted_occupations on supply.wanted_occupation_sk = wanted_occupations.occupation_sk
