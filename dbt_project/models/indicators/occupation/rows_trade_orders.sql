select
    order_sk as row_key,
    'fct_job_order' as fact,
    batch_id,
    row_no,
    area_sk,
    district_code,
    occupation_detail as trade,
    openings
from {{ ref('fct_job_order') }}
where occupation_detail <> occupation_official
