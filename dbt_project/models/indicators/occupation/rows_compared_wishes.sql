-- Persons who want work, in each year of which their sender's register of employers arrived: those of the sender's latest round in the year or before it,
-- since the survey is made at the end of a year and the registers in its middle and at its end.
with persons as (
    select * from {{ ref('int_surveyed_persons__by_round') }}
    where wants_job
),

rounds as (
    select * from {{ ref('int_periods__latest_of_year') }}
    where feed = 'labour_survey'
),

registers as (
    select * from {{ ref('int_periods__latest_of_year') }}
    where feed = 'employers'
),

rounds_of_registers as (
    select
        registers.year,
        rounds.sender_code,
        max(rounds.year) as round_year
    from registers
    inner join rounds on registers.sender_code = rounds.sender_code and registers.year >= rounds.year
    group by registers.year, rounds.sender_code
)

select
    {{ surrogate_key(['persons.supply_sk', 'rounds_of_registers.year']) }} as row_key,
    persons.person_key as unit_key,
    'fct_labour_supply' as fact,
    persons.batch_id,
    persons.row_no,
    persons.area_sk,
    persons.district_code,
    rounds_of_registers.year,
    persons.wanted_occupation_code as occupation
from persons
inner join rounds_of_registers on persons.sender_code = rounds_of_registers.sender_code and persons.year = rounds_of_registers.round_year
