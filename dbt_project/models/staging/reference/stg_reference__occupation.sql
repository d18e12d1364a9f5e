select
    code,
    level::int as level,
    nullif(parent_code, '') as parent_code,
    label_vi,
    nullif(label_en, '') as label_en,
    nullif(skill_level, '')::int as skill_level,
    status,
    valid_from::date as valid_from,
    coalesce(nullif(valid_to, '')::date, 'infinity'::date) as valid_to
from {{ ref('occupation') }}
where scheme = 'VSCO2020'
