{# A count of persons as BI may see it: NULL when it is small enough to point at somebody. Zero says nothing of anybody and stays. #}
{% macro suppressed(count) -%}
case when {{ count }} between 1 and {{ var('smallest_cell') }} - 1 then null else {{ count }} end
{%- endmacro %}
