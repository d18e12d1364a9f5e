{{ config(incremental_strategy='delete+insert', unique_key='place', indexes=[{'columns': ['place', 'area_mode']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- Where a place is shown in each area mode, and with which weight; the weights of a place sum to 1 in every mode. A place is the key of a version of a unit, or
-- the code of a district where a fact knows no commune. Views take it through the macro in_area_modes and in no other way.
with places as (
    select
        area_sk,
        area_sk::text as place
    from {{ ref('int_area__keyed') }}
    union all
    select
        area_sk,
        code
    from {{ ref('int_area__keyed') }}
    where level = 'district'
),

stated as (
    -- the district of the day, or the commune itself since there are no districts
    select
        unit.area_sk,
        'as_reported' as area_mode,
        coalesce(district.code, unit.code) as area_code,
        coalesce(district.name_vi, unit.name_vi) as area,
        1::numeric as area_weight
    from {{ ref('int_area__keyed') }} as unit
    left join {{ ref('int_area__keyed') }} as district on district.level = 'district' and unit.parent_district_code = district.code
    union all
    -- the communes of today
    select
        way.from_area_sk,
        'restated',
        unit.code,
        unit.name_vi,
        way.weight
    from {{ ref('int_area__current') }} as way
    inner join {{ ref('int_area__keyed') }} as unit on way.to_area_sk = unit.area_sk
    union all
    -- the former districts, which continue as analysis areas
    select
        bridge.area_sk,
        'restated_former_district',
        analysis.analysis_area_code,
        analysis.name_vi,
        bridge.weight
    from {{ ref('bridge_area_analysis') }} as bridge
    inner join {{ ref('dim_analysis_area') }} as analysis on bridge.analysis_area_code = analysis.analysis_area_code
)

select
    places.place,
    stated.area_mode,
    stated.area_code,
    stated.area,
    stated.area_weight
from places
inner join stated on places.area_sk = stated.area_sk
