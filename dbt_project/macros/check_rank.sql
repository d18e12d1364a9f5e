{# The order of the checks of a job start, for two checks of one day. #}
{% macro check_rank(kind) -%}
array_position(array['start', 'm3', 'm6', 'm12'], {{ kind }})
{%- endmacro %}
