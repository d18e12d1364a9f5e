-- Stated wishes for work with the days between which they are live: until the next survey of the sender, or the first start after the wish.
with rounds as (
    select
        supply.sender_code,
        supply.period,
        lead(min(surveyed.date_day), 1, 'infinity') over (partition by supply.sender_code order by min(surveyed.date_day)) as next_begins_on
    from {{ ref('fct_labour_supply') }} as supply
    inner join {{ ref('dim_date') }} as surveyed on supply.surveyed_date_sk = surveyed.date_sk
    group by supply.sender_code, supply.period
)

select
    supply.*,
    {{ who('supply', 'supply_sk') }} as who,
    surveyed.date_day as wished_on,
    surveyed.year_month,
    case when occupation.level = 2 then occupation.code else 'unknown' end as occupation_code,
    least(rounds.next_begins_on, first_start.day) as ended_on
from {{ ref('fct_labour_supply') }} as supply
inner join {{ ref('dim_date') }} as surveyed on supply.surveyed_date_sk = surveyed.date_sk
inner join rounds on supply.sender_code = rounds.sender_code and supply.period = rounds.period
inner join {{ ref('dim_occupation') }} as occupation on supply.wanted_occupation_sk = occupation.occupation_sk
left join lateral (
    select min(started.date_day) as day
    from {{ ref('fct_placement') }} as placement
    inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk
    where placement.person_sk = supply.person_sk and supply.person_sk > 0 and started.date_day >= surveyed.date_day
) as first_start on true
where supply.wants_job
