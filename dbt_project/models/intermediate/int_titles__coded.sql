with codings as (select * from {{ ref('stg_ops__title_coding') }}),

occupations as (select * from {{ ref('int_occupations__keyed') }})

select
    codings.title_key,
    codings.context,
    codings.occupation_code,
    codings.detail_code,
    codings.method,
    codings.score,
    occupations.occupation_sk,
    occupations.occupation_l2_sk
from codings
inner join occupations on codings.occupation_code = occupations.code
