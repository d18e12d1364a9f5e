-- Each plan once for every status that some plan of its month and year has: all plans are the denominator of each status.
with plans as (
    select * from {{ ref('int_plans__at_month_end') }}
),

statuses as (
    select distinct
        month,
        plan_year,
        plan_status
    from plans
)

select
    plans.plan_sk as row_key,
    'fct_programme_plan' as fact,
    plans.batch_id,
    plans.row_no,
    plans.month,
    plans.plan_year,
    statuses.plan_status as status,
    plans.plan_status = statuses.plan_status as is_in_status
from plans
inner join statuses on plans.month = statuses.month and plans.plan_year = statuses.plan_year
