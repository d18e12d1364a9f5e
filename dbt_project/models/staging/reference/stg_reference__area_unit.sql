select
    level,
    code,
    name_vi,
    unit_type,
    nullif(parent_district_code, '') as parent_district_code,
    nullif(parent_province_code, '') as parent_province_code,
    valid_from::date as valid_from,
    coalesce(nullif(valid_to, '')::date, 'infinity'::date) as valid_to,
    legal_basis
from {{ ref('area_unit') }}
