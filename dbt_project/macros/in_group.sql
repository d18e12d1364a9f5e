{# Whether a fact row with priority flags belongs to a group; "all" is everybody. #}
{% macro in_group(alias, group) -%}
case {{ group }}
    when 'all' then true
    when 'poor' then {{ alias }}.is_poor
    when 'near_poor' then {{ alias }}.is_near_poor
    when 'newly_escaped' then {{ alias }}.is_newly_escaped
    when 'disabled' then {{ alias }}.is_disabled
    when 'ethnic_minority' then {{ alias }}.is_ethnic_minority
end
{%- endmacro %}
