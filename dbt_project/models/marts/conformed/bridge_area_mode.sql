{{ config(incremental_strategy='delete+insert', unique_key='place', indexes=[{'columns': ['place', 'area_mode']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- A place is the key of a version of a unit, or the code of a district for rows of a fact that name no commune. Views use this table through the macro
-- in_area_modes and in no other way.
with areas as (select * from {{ ref('int_areas__keyed') }}),

areas_mapped_to_today as (select * from {{ ref('int_areas__mapped_to_today') }}),

areas_in_former_districts as (select * from {{ ref('bridge_area_analysis') }}),

former_districts as (select * from {{ ref('dim_analysis_area') }}),

places as (
    select
        area_sk,
        area_sk::text as place
    from areas
    union all
    select
        area_sk,
        code as place
    from areas
    where level = 'district'
),

area_shares as (
    -- the district of the day, or the commune itself since districts ended
    select
        areas.area_sk,
        'as_reported' as area_mode,
        coalesce(districts.code, areas.code) as area_code,
        coalesce(districts.name_vi, areas.name_vi) as area,
        1::numeric as area_weight
    from areas
    left join areas as districts on districts.level = 'district' and areas.parent_district_code = districts.code
    union all
    -- the communes of today
    select
        areas_mapped_to_today.from_area_sk as area_sk,
        'restated' as area_mode,
        areas.code as area_code,
        areas.name_vi as area,
        areas_mapped_to_today.weight as area_weight
    from areas_mapped_to_today
    inner join areas on areas_mapped_to_today.to_area_sk = areas.area_sk
    union all
    -- the former districts, which continue as analysis areas
    select
        areas_in_former_districts.area_sk,
        'restated_former_district' as area_mode,
        former_districts.analysis_area_code as area_code,
        former_districts.name_vi as area,
        areas_in_former_districts.weight as area_weight
    from areas_in_former_districts
    inner join former_districts on areas_in_former_districts.analysis_area_code = former_districts.analysis_area_code
)

select
    places.place,
    area_shares.area_mode,
    area_shares.area_code,
    area_shares.area,
    area_shares.area_weight
from places
inner join area_shares on places.area_sk = area_shares.area_sk
