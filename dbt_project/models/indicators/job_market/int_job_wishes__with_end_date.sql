-- A stated wish for work is live until its sender's next survey or the person's first start after it. Few persons wish for work: the fact is read
-- in place, and not copied.
with supply as not materialized (
    select * from {{ ref('fct_labour_supply') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

occupations as (
    select * from {{ ref('dim_occupation') }}
),

placements as (
    select * from {{ ref('fct_placement') }}
),

survey_rounds as (
    select * from {{ ref('int_survey_rounds__with_end_date') }}
),

wishes as (
    select
        supply.*,
        {{ counting_key('supply', 'supply_sk') }} as person_key,
        case when surveyed.date_sk > 0 then surveyed.date_day end as wished_on,
        surveyed.year_month,
        case when occupations.level = 2 then occupations.code else 'unknown' end as occupation_code
    from supply
    inner join dates as surveyed on supply.surveyed_date_sk = surveyed.date_sk
    inner join occupations on supply.wanted_occupation_sk = occupations.occupation_sk
    where supply.wants_job
),

first_starts as (
    select
        wishes.supply_sk,
        min(started.date_day) as started_on
    from wishes
    inner join placements on wishes.person_sk = placements.person_sk
    inner join dates as started on placements.start_date_sk = started.date_sk and wishes.wished_on <= started.date_day
    where wishes.person_sk > 0
    group by wishes.supply_sk
)

select
    wishes.*,
    least(survey_rounds.next_begins_on, first_starts.started_on) as ended_on
from wishes
inner join survey_rounds on wishes.sender_code = survey_rounds.sender_code and wishes.period = survey_rounds.period
left join first_starts on wishes.supply_sk = first_starts.supply_sk
