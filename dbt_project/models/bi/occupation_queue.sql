-- Titles that could not be coded to two digits, cleaned, which is the text that a steward corrects. A title or a spelling that few persons wrote,
-- or that has a word of no reference list, is not shown: it may be a name.
-- The last CTE is materialized, so that a condition of a reader is never applied to the titles that are not shown: `explain analyze` would count them.
with codings as (select * from {{ ref('stg_ops__title_coding') }}),

spellings as (
    select
        title,
        title_key,
        sum(seen_count)::bigint as seen,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        max(occupation_code) as occupation_code
    from codings
    where level < 2 and method <> 'manual' and title <> ''
    group by title, title_key
),

frequent_titles as materialized (
    select
        title,
        (array_agg(title_key order by seen desc, title_key asc) filter (where seen >= {{ var('smallest_cell') }}))[1] as most_often_sent,
        sum(seen)::bigint as seen,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        max(occupation_code) as level_1_code
    from spellings
    group by title
    having {{ plain_text('title') }} is not null and sum(seen) >= {{ var('smallest_cell') }}
)

select
    title,
    {{ plain_text('most_often_sent') }} as most_often_sent,
    seen,
    first_seen,
    last_seen,
    level_1_code
from frequent_titles
