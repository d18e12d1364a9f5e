-- Of each plan, the status that held at the end of each month, or on the last day that is told of.
with first_plan as (select date_trunc('month', min(status_on)) as begins_on from {{ ref('fct_programme_plan') }})

select
    to_char(month, 'YYYY-MM') as year_month,
    step.*,
    step.plan_status in ('approved', 'carried_over') as is_approved
from {{ ref('int_day__told') }} as known
cross join first_plan as first
cross join lateral generate_series(first.begins_on, known.day, interval '1 month') as month
cross join lateral (values (least((month + interval '1 month')::date - 1, known.day))) as month_end (day)
inner join {{ ref('fct_programme_plan') }} as step on month_end.day >= step.status_on and month_end.day < step.next_status_on
