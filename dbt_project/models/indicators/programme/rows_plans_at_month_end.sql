-- A unit is approved when all of its plans of the year are.
select
    plan_sk as row_key,
    {{ surrogate_key(['unit_code']) }} as unit_key,
    'fct_programme_plan' as fact,
    batch_id,
    row_no,
    month,
    plan_year,
    bool_and(is_approved) over (partition by month, plan_year, unit_code) as is_unit_approved
from {{ ref('int_plans__at_month_end') }}
