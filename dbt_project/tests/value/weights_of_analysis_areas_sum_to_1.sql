-- What: the weights of every commune and district in the analysis areas sum to 1, and one of the areas is its default.
-- When it fails: a new commune has no line in seeds/area/area_succession.csv, so its former district is unknown; trend lines would lose it.
-- How to fix: add the communes that it was made of, from the resolution.
{{ config(severity='error') }}
with units as (
    select * from {{ ref('dim_area') }}
    where level in ('commune', 'district')
),

shares as (select * from {{ ref('bridge_area_analysis') }})

select
    units.area_sk,
    min(units.code) as code,
    min(units.valid_from) as valid_from,
    sum(shares.weight) as weight,
    count(*) filter (where shares.is_default) as defaults
from units
left join shares on units.area_sk = shares.area_sk
group by units.area_sk
having coalesce(abs(sum(shares.weight) - 1) > 0.000001, true) or count(*) filter (where shares.is_default) <> 1
