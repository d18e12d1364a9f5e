-- Titles that could not be coded to two digits, as they are compared, most frequent first, with the spelling that was sent most often.
with spellings as (
    select
        title,
        title_key,
        max(occupation_code) as code,
        max(method) as method,
        sum(seen_count)::bigint as seen,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen
    from ops.title_coding
    where level < 2 and method <> 'manual' and title <> ''
    group by title, title_key
)

select
    title,
    (array_agg(title_key order by seen desc, title_key asc))[1] as most_often_sent,
    max(code) as code,
    max(method) as method,
    sum(seen)::bigint as seen,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen
from spellings
group by title
order by sum(seen) desc, title
limit %(limit)s
