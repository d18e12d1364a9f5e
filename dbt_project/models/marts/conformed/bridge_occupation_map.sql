{{ config(incremental_strategy='merge', unique_key='map_sk') }}
-- depends_on: {{ ref('dim_occupation') }}
-- From one code to another, with the days on which that holds: VSCO 2020 to ISCO-08, a provisional code to the official one that it counts as.
with to_isco as (
    select
        'VSCO2020' as from_scheme,
        vsco_code as from_code,
        'ISCO08' as to_scheme,
        isco_code as to_code,
        relation,
        '2021-01-15'::date as valid_from,
        'infinity'::date as valid_to,
        note as reason,
        1.0 as weight,
        true as is_default
    from {{ ref('occupation_isco_map') }}
    where isco_code <> '' and relation <> 'none'
),

to_parent as (
    select
        'LONGAN' as from_scheme,
        code as from_code,
        'VSCO2020' as to_scheme,
        parent_code as to_code,
        'narrower' as relation,
        '2021-01-15'::date as valid_from, -- titles said before the code was approved count as its parent too
        case when replaced_by is null then 'infinity'::date else valid_to end as valid_to,
        evidence as reason,
        1.0 as weight,
        true as is_default
    from {{ ref('stg_ops__occupation_proposal') }}
    where state in ('approved', 'retired', 'promoted')
),

to_successor as (
    select
        'LONGAN' as from_scheme,
        proposal.code as from_code,
        'VSCO2020' as to_scheme,
        successor.official_code as to_code,
        case when successor.weight < 1 then 'split' else 'replaced_by' end as relation,
        proposal.valid_to as valid_from,
        'infinity'::date as valid_to,
        proposal.evidence as reason,
        successor.weight,
        successor.official_code = proposal.replaced_by as is_default
    from {{ ref('stg_ops__occupation_proposal') }} as proposal
    inner join {{ ref('stg_ops__occupation_successor') }} as successor on proposal.code = successor.code
),

mapped as (
    select * from to_isco
    union all
    select * from to_parent
    union all
    select * from to_successor
)

select
    {{ surrogate_key(['from_scheme', 'from_code', 'to_scheme', 'to_code', 'relation']) }} as map_sk,
    {{ surrogate_key(['from_scheme', 'from_code']) }} as from_occupation_sk,
    {{ surrogate_key(['to_scheme', 'to_code']) }} as to_occupation_sk,
    from_scheme,
    from_code,
    to_scheme,
    to_code,
    relation,
    weight,
    is_default,
    valid_from,
    valid_to,
    nullif(reason, '') as reason
from mapped
where valid_from < valid_to
