-- No CTE here: PostgreSQL plans a view with one apart from the query that joins it, and cannot look a title up by the index.
select
    codings.title_key,
    codings.context,
    codings.occupation_code,
    codings.detail_code,
    codings.method,
    codings.score,
    occupations.occupation_sk,
    occupations.occupation_l2_sk
from {{ ref('stg_ops__title_coding') }} as codings
inner join {{ ref('int_occupations__keyed') }} as occupations on codings.occupation_code = occupations.code
