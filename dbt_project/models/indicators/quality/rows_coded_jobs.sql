with supply as (select * from {{ ref('fct_labour_supply') }}),

orders as (select * from {{ ref('fct_job_order') }}),

jobs as (
    select
        'labour_survey' as feed,
        'fct_labour_supply' as fact,
        supply_sk as row_key,
        batch_id,
        row_no,
        area_sk,
        district_code,
        occupation_official,
        occupation_detail,
        coding_method
    from supply
    where activity_status = 'employed'
    union all
    select
        'job_orders' as feed,
        'fct_job_order' as fact,
        order_sk as row_key,
        batch_id,
        row_no,
        area_sk,
        district_code,
        occupation_official,
        occupation_detail,
        coding_method
    from orders
)

select
    row_key,
    fact,
    batch_id,
    row_no,
    area_sk,
    district_code,
    feed,
    length(occupation_official) >= 1 as is_coded_level_1,
    length(occupation_official) >= 2 as is_coded_level_2,
    length(occupation_official) >= 4 as is_coded_level_4,
    length(occupation_official) >= 5 as is_coded_level_5,
    occupation_detail <> occupation_official as is_coded_provisional,
    coding_method = 'given' as is_coded_by_sender,
    occupation_official is null as is_uncodable
from jobs
