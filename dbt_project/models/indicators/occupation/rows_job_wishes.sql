select
    supply_sk as row_key,
    person_key as unit_key,
    'fct_labour_supply' as fact,
    batch_id,
    row_no,
    area_sk,
    district_code,
    year,
    wanted_occupation_code as occupation
from {{ ref('int_surveyed_persons__by_round') }}
where wants_job
