-- How long each order was open before it was filled, or has been open so far: a case of its quarter.
select
    job_order.*,
    to_char(job_order.posted_on, 'YYYY-"Q"Q') as cohort,
    coalesce(job_order.close_reason = 'filled', false) as is_event,
    coalesce(job_order.closed_on, known.day) - job_order.posted_on as days
from {{ ref('int_order__lasting') }} as job_order
cross join {{ ref('int_day__told') }} as known
