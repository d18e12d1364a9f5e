-- A code is used again after a reform, so a version is identified by level, code and first day.
with units as (select * from {{ ref('stg_reference__area_unit') }}),

border_communes as (select * from {{ ref('stg_reference__border_commune') }})

select
    units.*,
    {{ surrogate_key(['units.level', 'units.code', 'units.valid_from']) }} as area_sk,
    border_communes.code is not null as is_border
from units
left join border_communes
    on units.level = 'commune' and units.code = border_communes.code and units.valid_from = border_communes.valid_from
