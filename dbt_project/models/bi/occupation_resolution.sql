-- An official code counts as itself, a provisional one as its parent, and as its successor from the day on which the successor is valid.
with occupations as (select * from {{ ref('dim_occupation') }}),

occupation_maps as (select * from {{ ref('bridge_occupation_map') }})

select
    code as occupation_detail,
    code as counted_as,
    valid_from,
    valid_to,
    'official' as relation
from occupations
where scheme = 'VSCO2020'
union all
select
    from_code as occupation_detail,
    to_code as counted_as,
    valid_from,
    valid_to,
    relation
from occupation_maps
where from_scheme = 'LONGAN' and is_default
