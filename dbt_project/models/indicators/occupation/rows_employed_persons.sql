select
    supply_sk as row_key,
    'fct_labour_supply' as fact,
    batch_id,
    row_no,
    area_sk,
    district_code,
    year,
    occupation_code as occupation,
    case when occupation_detail <> occupation_official then occupation_detail end as trade
from {{ ref('int_surveyed_persons__by_round') }}
where activity_status = 'employed'
