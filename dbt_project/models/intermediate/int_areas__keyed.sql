-- A code is used again after a reform, so a version is identified by level, code and first day.
-- No CTE here: PostgreSQL plans a view with one apart from the query that joins it.
select
    units.*,
    {{ surrogate_key(['units.level', 'units.code', 'units.valid_from']) }} as area_sk,
    border_communes.code is not null as is_border
from {{ ref('stg_reference__area_unit') }} as units
left join {{ ref('stg_reference__border_commune') }} as border_communes
    on units.level = 'commune' and units.code = border_communes.code and units.valid_from = border_communes.valid_from
