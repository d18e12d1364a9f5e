-- Orders with the days between which they are open: an order is open while it is neither closed nor past its deadline.
select
    job_order.*,
    posted.date_day as posted_on,
    posted.year_month,
    closed.date_day as closed_on,
    coalesce(least(closed.date_day, deadline.date_day + 1), 'infinity') as ended_on,
    case when occupation.level = 2 then occupation.code else 'unknown' end as occupation_code
from {{ ref('fct_job_order') }} as job_order
inner join {{ ref('dim_date') }} as posted on job_order.posted_date_sk = posted.date_sk
left join {{ ref('dim_date') }} as closed on job_order.closed_date_sk = closed.date_sk
left join {{ ref('dim_date') }} as deadline on job_order.deadline_date_sk = deadline.date_sk
inner join {{ ref('dim_occupation') }} as occupation on job_order.occupation_sk = occupation.occupation_sk
