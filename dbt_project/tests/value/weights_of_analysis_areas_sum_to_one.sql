-- What: every commune and district lies in the analysis areas with weights that sum to 1, and one of them is its default.
-- When it fails: a new commune has no line in seeds/area/area_succession.csv, so nobody knows on which former district it lies; trend lines would lose it.
-- How to fix: add the communes that it was made of, after the resolution.
{{ config(severity='error') }}
select
    unit.area_sk,
    min(unit.code) as code,
    min(unit.valid_from) as valid_from,
    sum(bridge.weight) as weight,
    count(*) filter (where bridge.is_default) as defaults
from {{ ref('dim_area') }} as unit
left join {{ ref('bridge_area_analysis') }} as bridge on unit.area_sk = bridge.area_sk
where unit.level in ('commune', 'district')
group by unit.area_sk
having coalesce(abs(sum(bridge.weight) - 1) > 0.000001, true) or count(*) filter (where bridge.is_default) <> 1
