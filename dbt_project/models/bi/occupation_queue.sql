-- Titles that nobody could code, or not to two digits, as they are read, which is what a correction is said of: what stewards look at. A title that few persons
-- wrote is not shown, and neither is a spelling of it.
with spelled as (
    select
        title,
        title_key,
        sum(seen_count)::bigint as seen,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        max(occupation_code) as occupation_code
    from {{ ref('stg_ops__title_coding') }}
    where level < 2 and method <> 'manual' and title <> ''
    group by title, title_key
)

select
    title,
    (array_agg(title_key order by seen desc, title_key asc) filter (where seen >= {{ var('smallest_cell') }}))[1] as most_often_sent,
    sum(seen)::bigint as seen,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    max(occupation_code) as level_1_code
from spelled
group by title
having sum(seen) >= {{ var('smallest_cell') }}
