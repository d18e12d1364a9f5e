{# Two statuses of one day: the order in which a plan goes through them. #}
{% macro plan_rank(status) -%}
array_position(array['not_submitted', 'submitted', 'returned', 'approved', 'carried_over'], {{ status }})
{%- endmacro %}
