-- The survey rounds of each sender: a round begins with its first form, and is over when the sender's next one begins.
with supply as (
    select * from {{ ref('fct_labour_supply') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

survey_days as (
    select
        sender_code,
        period,
        min(surveyed_date_sk) as first_date_sk
    from supply
    where surveyed_date_sk > 0
    group by sender_code, period
)

select
    survey_days.sender_code,
    survey_days.period,
    dates.date_day as begins_on,
    lead(dates.date_day, 1, 'infinity') over (
        partition by survey_days.sender_code order by dates.date_day, survey_days.period
    ) as next_begins_on
from survey_days
inner join dates on survey_days.first_date_sk = dates.date_sk
