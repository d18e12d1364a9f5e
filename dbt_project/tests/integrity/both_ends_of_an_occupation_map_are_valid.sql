-- What: a code is mapped from a day on which it is valid, or on which it ends (then others replace it), to a code that is valid as long as the map is.
-- When it fails: a provisional code was promoted to a code that is not official yet on that day, or before the code itself began.
-- How to fix: lmw occupation history CODE shows who decided it; seeds/occupation/occupation.csv has the validity of official codes.
{{ config(severity='error') }}
with maps as (select * from {{ ref('bridge_occupation_map') }}),

occupations as (select * from {{ ref('dim_occupation') }})

select
    maps.from_scheme,
    maps.from_code,
    maps.to_scheme,
    maps.to_code,
    maps.valid_from,
    maps.valid_to
from maps
left join occupations as sources on maps.from_occupation_sk = sources.occupation_sk
left join occupations as targets on maps.to_occupation_sk = targets.occupation_sk
where (sources.valid_from <= maps.valid_from and maps.valid_from <= sources.valid_to) is not true
    or (targets.valid_from <= maps.valid_from and maps.valid_to <= targets.valid_to) is not true
