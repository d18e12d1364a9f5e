{#
  A fact (with area_sk and district_code) once in each area mode: its columns, then area_mode, area_code, area, area_weight. A view groups by area_mode, area_code
  and area, and sums area_weight (times the measure): the areas of one mode sum to the province. A place without an area in a mode, such as the communes of today
  of a row that names only its district, has the area "unknown" with weight 1, so no row is lost.
#}
{% macro in_area_modes(fact) -%}
(
    select
        fact.*,
        modes.area_mode,
        coalesce(area_share.area_code, 'unknown') as area_code,
        coalesce(area_share.area, 'Không rõ') as area,
        coalesce(area_share.area_weight, 1) as area_weight
    from {{ fact }} as fact
    cross join (values ('as_reported'), ('restated'), ('restated_former_district')) as modes (area_mode)
    left join {{ ref('bridge_area_mode') }} as area_share
        on modes.area_mode = area_share.area_mode
            and area_share.place = case when fact.area_sk = -1 then fact.district_code else fact.area_sk::text end
)
{%- endmacro %}
