-- Area versions with their key; a code is re-used after a reform, so (level, code, valid from) is what identifies one.
select
    unit.*,
    {{ surrogate_key(['unit.level', 'unit.code', 'unit.valid_from']) }} as area_sk,
    border.code is not null as is_border
from {{ ref('stg_reference__area_unit') }} as unit
left join {{ ref('stg_reference__border_commune') }} as border
    on unit.level = 'commune' and unit.code = border.code and unit.valid_from = border.valid_from
