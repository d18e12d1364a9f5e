-- Distinct job titles as they were coded; the key is the masked title itself.
select
    title_key,
    occupation_code,
    level,
    method,
    score,
    coder_version
from {{ source('ops', 'title_coding') }}
where occupation_code is not null
