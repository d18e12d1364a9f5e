{# Whether a rule stopped a batch with this state. #}
{% macro is_blocked(state) -%}
    {{ state }} in ('{{ var("blocked_states") | join("', '") }}')
{%- endmacro %}
