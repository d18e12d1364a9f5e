-- Stated wishes for work with the days between which they are live: until the next survey of the sender, or the first start after the wish. A wish is alone
-- where no other of the same person is live beside it.
with wishes as (
    select
        supply.*,
        {{ who('supply', 'supply_sk') }} as who,
        surveyed.date_day as wished_on,
        surveyed.year_month,
        case when occupation.level = 2 then occupation.code else 'unknown' end as occupation_code
    from {{ ref('fct_labour_supply') }} as supply
    inner join {{ ref('dim_date') }} as surveyed on supply.surveyed_date_sk = surveyed.date_sk
    inner join {{ ref('dim_occupation') }} as occupation on supply.wanted_occupation_sk = occupation.occupation_sk
    where supply.wants_job
),

rounds as (
    select
        supply.sender_code,
        supply.period,
        lead(min(surveyed.date_day), 1, 'infinity') over (partition by supply.sender_code order by min(surveyed.date_day)) as next_begins_on
    from {{ ref('fct_labour_supply') }} as supply
    inner join {{ ref('dim_date') }} as surveyed on supply.surveyed_date_sk = surveyed.date_sk
    group by supply.sender_code, supply.period
),

first_starts as (
    select
        wishes.supply_sk,
        min(started.date_day) as day
    from wishes
    inner join {{ ref('fct_placement') }} as placement on wishes.person_sk = placement.person_sk
    inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk and wishes.wished_on <= started.date_day
    where wishes.person_sk > 0
    group by wishes.supply_sk
),

lasting as (
    select
        wishes.*,
        least(rounds.next_begins_on, first_starts.day) as ended_on
    from wishes
    inner join rounds on wishes.sender_code = rounds.sender_code and wishes.period = rounds.period
    left join first_starts on wishes.supply_sk = first_starts.supply_sk
)

select
    *,
    coalesce(max(ended_on) over earlier <= wished_on, true) and coalesce(lead(wished_on) over of_person >= ended_on, true) as is_alone
from lasting
window
    of_person as (partition by who order by wished_on, supply_sk),
    earlier as (of_person rows between unbounded preceding and 1 preceding)
