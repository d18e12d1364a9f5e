-- What: each line of the succession list joins a unit that ended on its effective date to one that began on it.
-- When it fails: a code or date of seeds/area/area_succession.csv names no version of a unit, so its persons would be missing from restated figures.
-- How to fix: compare the line with valid_from and valid_to of both codes in seeds/area/area_unit.csv and correct the wrong one.
{{ config(severity='error') }}
with successions as (select * from {{ ref('stg_reference__area_succession') }}),

bridges as (select * from {{ ref('bridge_area_succession') }})

select
    successions.level,
    successions.from_code,
    successions.to_code,
    successions.effective_date
from successions
left join bridges
    on successions.level = bridges.level and successions.from_code = bridges.from_code
        and successions.to_code = bridges.to_code and successions.effective_date = bridges.effective_date
where bridges.from_area_sk is null
