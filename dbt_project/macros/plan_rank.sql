{# The order of a plan's statuses, for two statuses of one day. #}
{% macro plan_rank(status) -%}
array_position(array['not_submitted', 'submitted', 'returned', 'approved', 'carried_over'], {{ status }})
{%- endmacro %}
