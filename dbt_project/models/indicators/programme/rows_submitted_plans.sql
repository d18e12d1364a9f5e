select
    plan_sk as row_key,
    'fct_programme_plan' as fact,
    batch_id,
    row_no,
    plan_year::text as year,
    unit_code as unit,
    days_late
from {{ ref('fct_programme_plan') }}
where is_latest and days_late is not null
