-- Pseudonyms that stand for the person of another one, by rule (linked) or by a steward's word (confirmed).
select
    alias_key,
    person_key,
    method,
    score,
    state
from {{ source('ops', 'person_identity') }}
