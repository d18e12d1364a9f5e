-- What: a unit that ended has successors, and a unit that began later than the first day of the list has predecessors. Districts end without successors: the
-- level was abolished, and they are analysis areas.
-- When it fails: valid_to was set without lines in seeds/area/area_succession.csv, or a new unit has no line as a target.
-- How to fix: add the lines of the resolution; if the unit did not end, clear valid_to.
{{ config(severity='error') }}
with units as (select * from {{ ref('dim_area') }}),

successions as (select * from {{ ref('bridge_area_succession') }}),

analysis_areas as (select * from {{ ref('dim_analysis_area') }})

select
    units.level,
    units.code,
    units.valid_from,
    units.valid_to
from units
where units.level in ('province', 'commune')
    and (
        (
            units.valid_to < 'infinity'
            and not exists (select 1 from successions where successions.from_area_sk = units.area_sk)
        )
        or (
            units.valid_from > '1900-01-01'
            and not exists (select 1 from successions where successions.to_area_sk = units.area_sk)
        )
    )
union all
select
    units.level,
    units.code,
    units.valid_from,
    units.valid_to
from units
left join analysis_areas on units.code = analysis_areas.analysis_area_code
where units.level = 'district' and analysis_areas.analysis_area_code is null
