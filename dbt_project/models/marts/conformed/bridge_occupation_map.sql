{{ config(incremental_strategy='merge', unique_key='map_sk') }}
-- depends_on: {{ ref('dim_occupation') }}
with isco_map as (select * from {{ ref('occupation_isco_map') }}),

proposals as (select * from {{ ref('stg_ops__occupation_proposal') }}),

successors as (select * from {{ ref('stg_ops__occupation_successor') }}),

official_to_isco as (
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
    from isco_map
    where isco_code <> '' and relation <> 'none'
),

provisional_to_parent as (
    select
        'LONGAN' as from_scheme,
        code as from_code,
        'VSCO2020' as to_scheme,
        parent_code as to_code,
        'narrower' as relation,
        '2021-01-15'::date as valid_from, -- titles of before the approval of the code count as its parent too
        case when replaced_by is null then 'infinity'::date else valid_to end as valid_to,
        evidence as reason,
        1.0 as weight,
        true as is_default
    from proposals
    where state in ('approved', 'retired', 'promoted')
),

provisional_to_successor as (
    select
        'LONGAN' as from_scheme,
        proposals.code as from_code,
        'VSCO2020' as to_scheme,
        successors.official_code as to_code,
        case when successors.weight < 1 then 'split' else 'replaced_by' end as relation,
        proposals.valid_to as valid_from,
        'infinity'::date as valid_to,
        proposals.evidence as reason,
        successors.weight,
        successors.official_code = proposals.replaced_by as is_default
    from proposals
    inner join successors on proposals.code = successors.code
),

maps as (
    {%- for maps in ['official_to_isco', 'provisional_to_parent', 'provisional_to_successor'] %}
        select
            from_scheme,
            from_code,
            to_scheme,
            to_code,
            relation,
            valid_from,
            valid_to,
            reason,
            weight,
            is_default
        from {{ maps }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
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
from maps
where valid_from < valid_to
