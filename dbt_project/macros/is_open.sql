{# Whether a batch with this state is still on its way. #}
{% macro is_open(state) -%}
    {{ state }} in ('{{ var("open_states") | join("', '") }}')
{%- endmacro %}
