{{ config(incremental_strategy='merge', unique_key='occupation_sk') }}
-- Occupations: VSCO 2020 at every level (level 2 is where supply and demand meet), ISCO-08, and the province's provisional codes.
with official as (
    select
        'VSCO2020' as scheme,
        occupation.code,
        occupation.level,
        occupation.label_vi,
        occupation.label_en,
        occupation.parent_code,
        occupation.skill_level,
        occupation.status,
        occupation.valid_from,
        occupation.valid_to,
        null::text as default_target
    from {{ ref('stg_reference__occupation') }} as occupation
),

international as (
    select
        'ISCO08' as scheme,
        code,
        level::int as level,
        label_en as label_vi, -- no official Vietnamese title
        label_en,
        nullif(parent_code, '') as parent_code,
        null::int as skill_level,
        'official' as status,
        '2008-01-01'::date as valid_from,
        'infinity'::date as valid_to,
        null as default_target
    from {{ ref('isco08') }}
),

provisional as (
    select
        'LONGAN' as scheme,
        code,
        6 as level,
        label_vi,
        label_en,
        parent_code,
        null::int as skill_level,
        case state when 'refused' then 'rejected' when 'retired' then 'deprecated' when 'promoted' then 'deprecated' else 'provisional' end as status,
        '2021-01-15'::date as valid_from, -- with its parent: titles said before it was approved carry it too
        valid_to,
        coalesce(replaced_by, parent_code) as default_target
    from {{ ref('stg_ops__occupation_proposal') }}
    where state <> 'proposed'
),

listed as (
    select * from official
    union all
    select * from international
    union all
    select * from provisional
),

members as (
    select
        -1::bigint as occupation_sk,
        'unknown' as code,
        'Chưa mã hóa được' as label_vi,
        'Not coded' as label_en
    union all
    select
        -2,
        'not_applicable',
        'Không áp dụng',
        'Not applicable'
)

select
    {{ surrogate_key(['listed.scheme', 'listed.code']) }} as occupation_sk,
    listed.scheme,
    listed.code,
    listed.level,
    listed.label_vi,
    listed.label_en,
    listed.parent_code,
    left(listed.code, 1) as code_l1,
    case when listed.level >= 2 then left(listed.code, 2) end as code_l2,
    above.label_vi as label_l2_vi,
    above.label_en as label_l2_en,
    listed.skill_level,
    listed.status,
    listed.valid_from,
    listed.valid_to,
    listed.default_target
from listed
left join official as above
    on above.level = 2 and above.code = left(listed.code, 2) and listed.scheme <> 'ISCO08'
union all
select
    occupation_sk,
    'none' as scheme,
    code,
    0 as level,
    label_vi,
    label_en,
    null as parent_code,
    null as code_l1,
    null as code_l2,
    null as label_l2_vi,
    null as label_l2_en,
    null::int as skill_level,
    'official' as status,
    '1900-01-01'::date as valid_from,
    'infinity'::date as valid_to,
    null as default_target
from members
