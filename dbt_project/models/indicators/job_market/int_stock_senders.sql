-- The day from which a sender's openings and seekers can be compared: both have been reported. A sender of which only one side arrived is in no figure
-- that divides them.
with orders as (select * from {{ ref('int_job_orders__with_end_date') }}),

supply as (select * from {{ ref('fct_labour_supply') }}),

dates as (select * from {{ ref('dim_date') }}),

first_orders as (
    select
        sender_code,
        min(posted_on) as day
    from orders
    group by sender_code
),

first_forms as (
    select
        supply.sender_code,
        min(dates.date_day) as day
    from supply
    inner join dates on supply.surveyed_date_sk = dates.date_sk
    group by supply.sender_code
)

select
    first_orders.sender_code,
    greatest(first_orders.day, first_forms.day) as comparable_from
from first_orders
inner join first_forms on first_orders.sender_code = first_forms.sender_code
