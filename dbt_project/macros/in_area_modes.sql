{#
  A fact (with area_sk and district_code) once in each area mode: its columns, then area_mode, area_code, area, area_weight. A view groups by area_mode, area_code
  and area, and sums area_weight (times the measure): each mode alone gives the whole province. A place that a mode cannot show is the area "unknown", weight 1, so nothing
  is lost: the communes of today of a row that names only its district.
#}
{% macro in_area_modes(fact) -%}
(
    select
        fact.*,
        mode.area_mode,
        coalesce(stated.area_code, 'unknown') as area_code,
        coalesce(stated.area, 'Không rõ') as area,
        coalesce(stated.area_weight, 1) as area_weight
    from {{ fact }} as fact
    cross join (values ('as_reported'), ('restated'), ('restated_former_district')) as mode (area_mode)
    left join {{ ref('bridge_area_mode') }} as stated
        on mode.area_mode = stated.area_mode
            and stated.place = case when fact.area_sk = -1 then fact.district_code else fact.area_sk::text end
)
{%- endmacro %}
