select
    title_key,
    context,
    title,
    occupation_code,
    detail_code,
    level,
    method,
    score,
    seen_count,
    first_seen,
    last_seen
from {{ source('ops', 'title_coding') }}
