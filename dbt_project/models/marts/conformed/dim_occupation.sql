{{ config(incremental_strategy='merge', unique_key='occupation_sk') }}
-- Occupations of VSCO 2020 at every level; level 2 is where supply and demand meet.
with coded as (
    select
        {{ surrogate_key(["'VSCO2020'", 'occupation.code']) }} as occupation_sk,
        'VSCO2020' as scheme,
        occupation.code,
        occupation.level,
        occupation.label_vi,
        occupation.label_en,
        occupation.parent_code,
        left(occupation.code, 1) as code_l1,
        case when occupation.level >= 2 then left(occupation.code, 2) end as code_l2,
        parent.label_vi as label_l2_vi,
        parent.label_en as label_l2_en,
        occupation.skill_level,
        occupation.status,
        occupation.valid_from,
        occupation.valid_to
    from {{ ref('stg_reference__occupation') }} as occupation
    left join {{ ref('stg_reference__occupation') }} as parent
        on parent.level = 2 and parent.code = left(occupation.code, 2)
),

members as (
    select
        -1::bigint as occupation_sk,
        'none' as scheme,
        'unknown' as code,
        0 as level,
        'Chưa mã hóa được' as label_vi,
        'Not coded' as label_en,
        null as parent_code,
        null as code_l1,
        null as code_l2,
        null as label_l2_vi,
        null as label_l2_en,
        null::int as skill_level,
        'official' as status,
        '1900-01-01'::date as valid_from,
        'infinity'::date as valid_to
    union all
    select
        -2,
        'none',
        'not_applicable',
        0,
        'Không áp dụng',
        'Not applicable',
        null,
        null,
        null,
        null,
        null,
        null,
        'official',
        '1900-01-01',
        'infinity'
)

select * from coded
union all
select * from members
