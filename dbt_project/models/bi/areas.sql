-- Administrative units with the days on which they are valid, and the former district that each is in: the one with most of it, where there are two.
with areas as (select * from {{ ref('dim_area') }}),

former_districts as (
    select
        bridge.area_sk,
        bridge.analysis_area_code,
        districts.name_vi
    from {{ ref('bridge_area_analysis') }} as bridge
    inner join {{ ref('dim_analysis_area') }} as districts on bridge.analysis_area_code = districts.analysis_area_code
    where bridge.is_default
)

select
    areas.level,
    areas.code,
    areas.name_vi,
    public.unaccent(areas.name_vi) as name_plain,
    areas.unit_type,
    case areas.unit_type
        when 'Phường' then 'Ward'
        when 'Xã' then 'Commune'
        when 'Thị trấn' then 'Township'
        when 'Huyện' then 'District'
        when 'Thị xã' then 'Town'
        when 'Thành phố' then 'City'
        when 'Tỉnh' then 'Province'
    end as unit_type_en,
    areas.district_code,
    areas.district_name_vi,
    former_districts.analysis_area_code as former_district_code,
    former_districts.name_vi as former_district_name_vi,
    areas.province_code,
    areas.is_border,
    areas.valid_from,
    areas.valid_to,
    areas.valid_to = 'infinity' as is_current
from areas
left join former_districts on areas.area_sk = former_districts.area_sk
where areas.area_sk > 0
