-- What: a code of a level names one unit on any day.
-- When it fails: two versions of one unit are valid on the same day, and facts of that day are counted twice.
-- How to fix: set valid_to of the older version in seeds/area/area_unit.csv to the day on which the newer one begins.
{{ config(severity='error') }}
with units as (select * from {{ ref('stg_reference__area_unit') }})

select
    earlier.level,
    earlier.code,
    earlier.valid_to,
    later.valid_from
from units as earlier
inner join units as later
    on earlier.level = later.level and earlier.code = later.code and earlier.valid_from < later.valid_from
where later.valid_from < earlier.valid_to
