{{ config(incremental_strategy='merge', unique_key='analysis_area_code') }}
-- The 15 former districts as areas of trend lines: they keep their extent after the district level ended.
select
    code as analysis_area_code,
    name_vi,
    valid_to as district_ended_on
from {{ ref('int_area__keyed') }}
where level = 'district'
