-- Rows that carry a job which should have a code: persons at work, and orders.
select
    'labour_survey' as feed,
    'fct_labour_supply' as fact,
    supply_sk as row_sk,
    batch_id,
    row_no,
    area_sk,
    district_code,
    occupation_official,
    occupation_detail,
    coding_method
from {{ ref('fct_labour_supply') }}
where activity_status = 'employed'
union all
select
    'job_orders',
    'fct_job_order',
    order_sk,
    batch_id,
    row_no,
    area_sk,
    district_code,
    occupation_official,
    occupation_detail,
    coding_method
from {{ ref('fct_job_order') }}
