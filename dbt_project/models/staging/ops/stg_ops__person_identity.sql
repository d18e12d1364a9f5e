select
    alias_key,
    person_key,
    method,
    score,
    state
from {{ source('ops', 'person_identity') }}
