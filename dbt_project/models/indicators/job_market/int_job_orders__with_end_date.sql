-- An order is open from the day it is posted until it is closed or past its deadline.
with orders as (
    select * from {{ ref('fct_job_order') }}
),

dates as (
    select * from {{ ref('dim_date') }}
    where date_sk > 0
),

occupations as (
    select * from {{ ref('dim_occupation') }}
)

select
    orders.*,
    posted.date_day as posted_on,
    posted.year_month,
    closed.date_day as closed_on,
    coalesce(least(closed.date_day, deadline.date_day + 1), 'infinity') as ended_on,
    case when occupations.level = 2 then occupations.code else 'unknown' end as occupation_code
from orders
inner join dates as posted on orders.posted_date_sk = posted.date_sk
left join dates as closed on orders.closed_date_sk = closed.date_sk
left join dates as deadline on orders.deadline_date_sk = deadline.date_sk
inner join occupations on orders.occupation_sk = occupations.occupation_sk
