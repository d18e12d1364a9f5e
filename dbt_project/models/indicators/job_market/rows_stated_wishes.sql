select
    supply_sk as row_key,
    person_key as unit_key,
    'fct_labour_supply' as fact,
    batch_id,
    row_no,
    area_sk,
    district_code,
    year_month as month
from {{ ref('int_job_wishes__with_end_date') }}
