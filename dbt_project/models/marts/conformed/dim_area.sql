{{ config(incremental_strategy='merge', unique_key='area_sk') }}
-- Administrative units with their validity. A fact takes the version that was valid on the day of its event.
with units as (
    select
        unit.area_sk,
        unit.level,
        unit.code,
        unit.name_vi,
        unit.unit_type,
        case when unit.level = 'district' then unit.code else unit.parent_district_code end as district_code,
        district.name_vi as district_name_vi,
        coalesce(unit.parent_province_code, unit.code) as province_code,
        unit.valid_from,
        unit.valid_to,
        unit.legal_basis,
        unit.is_border
    from {{ ref('int_area__keyed') }} as unit
    left join {{ ref('int_area__keyed') }} as district
        on district.level = 'district'
            and district.code = case when unit.level = 'district' then unit.code else unit.parent_district_code end
),

members as (
    select
        -1::bigint as area_sk,
        'unknown' as level,
        'unknown' as code,
        'Không rõ' as name_vi,
        null as unit_type,
        null as district_code,
        null as district_name_vi,
        null as province_code,
        '1900-01-01'::date as valid_from,
        'infinity'::date as valid_to,
        null as legal_basis,
        false as is_border
    union all
    select
        -2,
        'not_applicable',
        'not_applicable',
        'Không áp dụng',
        null,
        null,
        null,
        null,
        '1900-01-01',
        'infinity',
        null,
        false
)

select * from units
union all
select * from members
