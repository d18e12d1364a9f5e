{{ config(incremental_strategy='merge', unique_key='area_sk') }}
-- A fact takes the version that was valid on the day of its event.
with areas as (select * from {{ ref('int_areas__keyed') }}),

units as (
    select
        areas.area_sk,
        areas.level,
        areas.code,
        areas.name_vi,
        areas.unit_type,
        case when areas.level = 'district' then areas.code else areas.parent_district_code end as district_code,
        districts.name_vi as district_name_vi,
        coalesce(areas.parent_province_code, areas.code) as province_code,
        areas.valid_from,
        areas.valid_to,
        areas.legal_basis,
        areas.is_border
    from areas
    left join areas as districts
        on districts.level = 'district'
            and districts.code = case when areas.level = 'district' then areas.code else areas.parent_district_code end
)

{{ with_special_members('units', {
    'area_sk': 'key',
    'level': 'code',
    'code': 'code',
    'name_vi': 'label_vi',
    'unit_type': 'empty',
    'district_code': 'empty',
    'district_name_vi': 'empty',
    'province_code': 'empty',
    'valid_from': 'first_day',
    'valid_to': 'last_day',
    'legal_basis': 'empty',
    'is_border': 'false',
}) }}
