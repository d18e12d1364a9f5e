select
    level,
    from_code,
    effective_date::date as effective_date,
    to_code,
    share_kind,
    nullif(weight, '')::numeric as weight_published,
    weight_basis,
    is_default::boolean as is_default,
    legal_basis
from {{ ref('area_succession') }}
