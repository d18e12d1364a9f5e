{# The day of a point in time in the province. #}
{% macro province_date(moment) -%}
    ({{ moment }} at time zone '{{ var("time_zone") }}')::date
{%- endmacro %}
