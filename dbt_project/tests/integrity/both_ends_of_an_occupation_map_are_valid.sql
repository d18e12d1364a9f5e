-- What: a code is mapped from a day on which it is valid, or on which it ends (then others take its place), to a code that is valid as long as the map is.
-- When it fails: a provisional code was promoted to a code that is not official yet on that day, or before the code itself began.
-- How to fix: lmw occupation history CODE shows who decided it; the validity of official codes stands in seeds/occupation/occupation.csv.
{{ config(severity='error') }}
select
    map.from_scheme,
    map.from_code,
    map.to_scheme,
    map.to_code,
    map.valid_from,
    map.valid_to
from {{ ref('bridge_occupation_map') }} as map
left join {{ ref('dim_occupation') }} as mapped on map.from_occupation_sk = mapped.occupation_sk
left join {{ ref('dim_occupation') }} as target on map.to_occupation_sk = target.occupation_sk
where (mapped.valid_from <= map.valid_from and map.valid_from <= mapped.valid_to) is not true
    or (target.valid_from <= map.valid_from and map.valid_to <= target.valid_to) is not true
