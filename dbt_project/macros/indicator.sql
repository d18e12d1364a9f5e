{#
  What every cell of an indicator is written with. in_places(fact): the fact once in each area mode (in_area_modes) and once for the whole province (area_code "all" of mode as_reported, weight 1).
  Figures that a population is counted in by hand (persons of two districts) are counted there once.
#}
{% macro in_places(fact) -%}
(
    select
        fact.*,
        'as_reported' as area_mode,
        'all' as area_code,
        'Toàn tỉnh' as area,
        1::numeric as area_weight
    from {{ fact }} as fact
    union all
    select placed.*
    from {{ in_area_modes(fact) }} as placed
)
{%- endmacro %}

{# A person by pseudonym; somebody who cannot be known again is a person of their own, by the key of the row. #}
{% macro who(alias, row_key) -%}
case when {{ alias }}.person_sk = -1 then {{ alias }}.{{ row_key }} else {{ alias }}.person_sk end
{%- endmacro %}

{# A share, null and not infinite where there is nothing to share. #}
{% macro ratio(numerator, denominator, digits=4) -%}
round({{ numerator }} / nullif({{ denominator }}, 0), {{ digits }})
{%- endmacro %}

{# A count that may be a weighted sum, without the dust of fractions. #}
{% macro whole(sum) -%}
trim_scale(round(coalesce({{ sum }}, 0), 6))
{%- endmacro %}

{# The groups that a figure is also told for, as (breakdown, belongs): everybody, and each priority group of the row. #}
{% macro by_priority_group(alias) -%}
(
    values ('all', true)
    {%- for group in ['poor', 'near_poor', 'newly_escaped', 'disabled', 'ethnic_minority'] %}, ('priority_group={{ group }}', {{ alias }}.is_{{ group }}){% endfor %}
)
{%- endmacro %}
