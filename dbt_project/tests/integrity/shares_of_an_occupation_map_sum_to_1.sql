-- What: on any day a code's targets in one scheme have shares that sum to 1, and one of them is the default.
-- When it fails: two steps of a provisional code overlap, or the VSCO-ISCO list names a code twice.
-- How to fix: lmw occupation history CODE shows the steps; the list is seeds/occupation/occupation_isco_map.csv.
{{ config(severity='error') }}
with maps as (select * from {{ ref('bridge_occupation_map') }}),

first_days as (
    select distinct
        from_scheme,
        from_code,
        to_scheme,
        valid_from as day
    from maps
)

select
    first_days.from_scheme,
    first_days.from_code,
    first_days.to_scheme,
    first_days.day,
    sum(maps.weight) as weight,
    count(*) filter (where maps.is_default) as defaults
from first_days
inner join maps
    on first_days.from_scheme = maps.from_scheme and first_days.from_code = maps.from_code and first_days.to_scheme = maps.to_scheme
        and first_days.day >= maps.valid_from and first_days.day < maps.valid_to
group by first_days.from_scheme, first_days.from_code, first_days.to_scheme, first_days.day
having sum(maps.weight) <> 1 or count(*) filter (where maps.is_default) <> 1
