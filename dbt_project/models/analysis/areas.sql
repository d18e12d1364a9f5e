-- Administrative units with the days on which they are valid.
with areas as (select * from {{ ref('dim_area') }})

select
    level,
    code,
    name_vi,
    unit_type,
    district_code,
    district_name_vi,
    province_code,
    valid_from,
    valid_to,
    is_border
from areas
where area_sk > 0
