-- Titles as they were coded once: under the exact text that core holds and what was known beside it, with the cleaned text, the code,
-- and the days on which they were said.
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
