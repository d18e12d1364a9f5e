-- What: a unit that ended has units that follow it, and a unit that began after another period has units that it followed. Districts end without
-- successors: the level was abolished, and they go on as analysis areas.
-- When it fails: valid_to was set without lines in seeds/area/area_succession.csv, or a new unit came from nowhere.
-- How to fix: add the lines after the resolution; if the unit did not end, clear valid_to.
{{ config(severity='error') }}
select
    unit.level,
    unit.code,
    unit.valid_from,
    unit.valid_to
from {{ ref('dim_area') }} as unit
where unit.level in ('province', 'commune')
    and (
        (
            unit.valid_to < 'infinity'
            and not exists (select 1 from {{ ref('bridge_area_succession') }} as after where after.from_area_sk = unit.area_sk)
        )
        or (
            unit.valid_from > '1900-01-01'
            and not exists (select 1 from {{ ref('bridge_area_succession') }} as before where before.to_area_sk = unit.area_sk)
        )
    )
union all
select
    unit.level,
    unit.code,
    unit.valid_from,
    unit.valid_to
from {{ ref('dim_area') }} as unit
left join {{ ref('dim_analysis_area') }} as analysis on unit.code = analysis.analysis_area_code
where unit.level = 'district' and analysis.analysis_area_code is null
