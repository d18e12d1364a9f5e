{# Whether a count of persons is so small that it may identify a person; a restated count may be a fraction. #}
{% macro is_small(count) -%}
({{ count }} > 0 and {{ count }} < {{ var('smallest_cell') }})
{%- endmacro %}

{# A count of persons as bi may show it: null when it is small. Zero identifies no person and is shown. #}
{% macro suppressed(count) -%}
case when not {{ is_small(count) }} then {{ count }} end
{%- endmacro %}
