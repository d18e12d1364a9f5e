-- Area versions with their key; a code is re-used after a reform, so (level, code, valid from) is what identifies one.
select
    *,
    {{ surrogate_key(['level', 'code', 'valid_from']) }} as area_sk
from {{ ref('stg_reference__area_unit') }}
