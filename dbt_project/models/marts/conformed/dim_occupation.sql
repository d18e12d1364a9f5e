{{ config(incremental_strategy='merge', unique_key='occupation_sk') }}
-- Level 2 of VSCO 2020 is where supply and demand are compared.
with official as (select * from {{ ref('stg_reference__occupation') }}),

international as (select * from {{ ref('isco08') }}),

proposals as (select * from {{ ref('stg_ops__occupation_proposal') }}),

occupations as (
    select
        'VSCO2020' as scheme,
        code,
        level,
        label_vi,
        label_en,
        parent_code,
        skill_level,
        status,
        valid_from,
        valid_to,
        null as default_target
    from official
    union all
    select
        'ISCO08' as scheme,
        code,
        level::int as level,
        label_en as label_vi, -- no official Vietnamese title
        label_en,
        nullif(parent_code, '') as parent_code,
        null as skill_level,
        'official' as status,
        '2008-01-01' as valid_from,
        'infinity' as valid_to,
        null as default_target
    from international
    union all
    select
        'LONGAN' as scheme,
        code,
        6 as level,
        label_vi,
        label_en,
        parent_code,
        null as skill_level,
        case state when 'refused' then 'rejected' when 'retired' then 'deprecated' when 'promoted' then 'deprecated' else 'provisional' end as status,
        '2021-01-15' as valid_from, -- as its parent: titles of before its approval have it too
        valid_to,
        coalesce(replaced_by, parent_code) as default_target
    from proposals
    where state <> 'proposed'
),

-- the official code that a code is, or that a provisional one is under; its first digits are the codes of the levels above it
coded_occupations as (
    select
        *,
        split_part(code, '-', 1) as official_code
    from occupations
),

keyed_occupations as (
    select
        {{ surrogate_key(['occupations.scheme', 'occupations.code']) }} as occupation_sk,
        occupations.*,
        left(occupations.code, 1) as code_l1,
        {%- for level in [2, 3, 4, 5] %}
            case when length(occupations.official_code) >= {{ level }} then left(occupations.official_code, {{ level }}) end as code_l{{ level }},
        {%- endfor %}
    {%- for level in [1, 2, 3, 4, 5] %}
        groups_{{ level }}.label_vi as label_l{{ level }}_vi,
        groups_{{ level }}.label_en as label_l{{ level }}_en{{ ',' if not loop.last }}
    {%- endfor %}
    from coded_occupations as occupations
        {%- for level in [1, 2, 3, 4, 5] %}
        left join official as groups_{{ level }}
            on groups_{{ level }}.level = {{ level }} and occupations.scheme <> 'ISCO08'
                and left(occupations.official_code, {{ level }}) = groups_{{ level }}.code
            {%- endfor %}
)

{{ with_special_members('keyed_occupations', {
    'occupation_sk': 'key',
    'scheme': 'none',
    'code': 'code',
    'level': '0',
    'label_vi': ["'Chưa mã hóa được'", "'Không áp dụng'"],
    'label_en': ["'Not coded'", "'Not applicable'"],
    'parent_code': 'empty',
    'code_l1': 'empty',
    'code_l2': 'empty',
    'label_l2_vi': 'empty',
    'label_l2_en': 'empty',
    'skill_level': 'empty',
    'status': "'official'",
    'valid_from': 'first_day',
    'valid_to': 'last_day',
    'default_target': 'empty',
    'code_l3': 'empty',
    'code_l4': 'empty',
    'code_l5': 'empty',
    'label_l1_vi': 'empty',
    'label_l1_en': 'empty',
    'label_l3_vi': 'empty',
    'label_l3_en': 'empty',
    'label_l4_vi': 'empty',
    'label_l4_en': 'empty',
    'label_l5_vi': 'empty',
    'label_l5_en': 'empty',
}) }}
