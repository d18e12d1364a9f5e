{# Whether a count of persons is small enough to point at somebody; a restated count may be a fraction. #}
{% macro is_small(count) -%}
({{ count }} > 0 and {{ count }} < {{ var('smallest_cell') }})
{%- endmacro %}

{# A count of persons as BI may see it: NULL when it is small. Zero says nothing of anybody and stays. #}
{% macro suppressed(count) -%}
case when not {{ is_small(count) }} then {{ count }} end
{%- endmacro %}
