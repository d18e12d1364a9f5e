-- What: each line of the succession list joins a unit that ended on its effective date to one that began on it.
-- When it fails: a code or date of seeds/area/area_succession.csv names no version of a unit, so its people would vanish from restated figures.
-- How to fix: compare the line with valid_from and valid_to of both codes in seeds/area/area_unit.csv and mend the wrong one.
{{ config(severity='error') }}
select
    succession.level,
    succession.from_code,
    succession.to_code,
    succession.effective_date
from {{ ref('stg_reference__area_succession') }} as succession
left join {{ ref('bridge_area_succession') }} as bridge
    on succession.level = bridge.level and succession.from_code = bridge.from_code
        and succession.to_code = bridge.to_code and succession.effective_date = bridge.effective_date
where bridge.from_area_sk is null
