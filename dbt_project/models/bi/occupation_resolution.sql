-- What each code counts as on each day: an official code as itself, a provisional one as its parent, and as its successor from the day on which that came.
select
    code as occupation_detail,
    code as counted_as,
    valid_from,
    valid_to,
    'official' as relation
from {{ ref('dim_occupation') }}
where scheme = 'VSCO2020'
union all
select
    from_code,
    to_code,
    valid_from,
    valid_to,
    relation
from {{ ref('bridge_occupation_map') }}
where from_scheme = 'LONGAN' and is_default
