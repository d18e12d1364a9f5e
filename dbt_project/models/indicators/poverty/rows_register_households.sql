select
    household_sk as row_key,
    'fct_poverty_household' as fact,
    batch_id,
    row_no,
    area_sk,
    district_code,
    vintage,
    standard_version as standard,
    is_poor,
    is_near_poor
from {{ ref('fct_poverty_household') }}
