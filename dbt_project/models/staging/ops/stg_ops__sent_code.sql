select
    sent_code,
    occupation_code,
    level,
    note
from {{ source('ops', 'sent_code') }}
