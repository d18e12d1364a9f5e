-- What: on any day a code's targets in one scheme have shares that sum to 1, and one of them is the default.
-- When it fails: two steps of a provisional code overlap, or the VSCO-ISCO list names a code twice.
-- How to fix: lmw occupation history CODE shows the steps; the list is seeds/occupation/occupation_isco_map.csv.
{{ config(severity='error') }}
with days as (
    select distinct
        from_scheme,
        from_code,
        to_scheme,
        valid_from as day
    from {{ ref('bridge_occupation_map') }}
)

select
    days.from_scheme,
    days.from_code,
    days.to_scheme,
    days.day,
    sum(map.weight) as weight,
    count(*) filter (where map.is_default) as defaults
from days
inner join {{ ref('bridge_occupation_map') }} as map
    on days.from_scheme = map.from_scheme and days.from_code = map.from_code and days.to_scheme = map.to_scheme
        and days.day >= map.valid_from and days.day < map.valid_to
group by days.from_scheme, days.from_code, days.to_scheme, days.day
having sum(map.weight) <> 1 or count(*) filter (where map.is_default) <> 1
