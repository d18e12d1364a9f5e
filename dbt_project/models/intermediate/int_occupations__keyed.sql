-- Feeds conform at level 2, hence the key of the level-2 group.
select
    code,
    level,
    {{ surrogate_key(["'VSCO2020'", 'code']) }} as occupation_sk,
    case when level >= 2 then {{ surrogate_key(["'VSCO2020'", 'left(code, 2)']) }} else -1 end as occupation_l2_sk
from {{ ref('stg_reference__occupation') }}
