-- Occupation codes as senders gave them, and the code of VSCO 2020 that each stands for.
select
    sent_code,
    occupation_code,
    level,
    note
from {{ source('ops', 'sent_code') }}
