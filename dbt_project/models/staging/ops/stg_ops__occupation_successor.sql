-- Official codes that provisional ones became, with their shares.
select
    code,
    official_code,
    weight
from {{ source('ops', 'occupation_successor') }}
