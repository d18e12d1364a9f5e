-- The status that each plan had at the end of each month, or on the reporting cutoff date.
with steps as (
    select * from {{ ref('fct_programme_plan') }}
),

cutoff as (
    select * from {{ ref('int_reporting_cutoff_date') }}
),

first_month as (
    select date_trunc('month', min(status_on)) as begins_on from steps
),

month_ends as (
    select
        to_char(months.begins_on, 'YYYY-MM') as month,
        least((months.begins_on + interval '1 month')::date - 1, cutoff.day) as day
    from cutoff
    cross join first_month
    cross join lateral generate_series(first_month.begins_on, cutoff.day, interval '1 month') as months (begins_on)
)

select
    month_ends.month,
    steps.*,
    steps.plan_status in ('approved', 'carried_over') as is_approved
from month_ends
inner join steps on month_ends.day >= steps.status_on and month_ends.day < steps.next_status_on
