{{ config(incremental_strategy='merge', unique_key='analysis_area_code') }}
-- The former districts keep their extent after the district level ended, so that trend lines go on.
select
    code as analysis_area_code,
    name_vi,
    valid_to as district_ended_on
from {{ ref('int_areas__keyed') }}
where level = 'district'
