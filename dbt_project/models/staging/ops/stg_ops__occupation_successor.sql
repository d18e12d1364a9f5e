select
    code,
    official_code,
    weight
from {{ source('ops', 'occupation_successor') }}
