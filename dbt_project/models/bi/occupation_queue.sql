-- Titles that nobody could code, or not to two digits: what stewards look at. A title that few persons wrote is not shown.
select
    title,
    sum(seen_count)::bigint as seen,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    max(occupation_code) as level_1_code
from {{ ref('stg_ops__title_coding') }}
where level < 2 and method <> 'manual' and title <> ''
group by title
having sum(seen_count) >= {{ var('smallest_cell') }}
