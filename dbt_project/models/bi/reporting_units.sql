-- Offices that plan and report, with the days on which each name holds.
with units as (select * from {{ ref('dim_reporting_unit') }})

select
    unit_code,
    label_vi,
    unit_type,
    parent_code,
    valid_from,
    valid_to
from units
where unit_sk > 0
