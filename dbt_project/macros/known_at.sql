{# Whether a row of core is what the warehouse knows; or knew at the moment `known_at`, when figures are counted again as of then. #}
{% macro is_known() -%}
{% if var('known_at') -%} recorded_from <= '{{ var("known_at") }}' and recorded_to > '{{ var("known_at") }}' {%- else -%} recorded_to = 'infinity' {%- endif %}
{%- endmacro %}

{# The day on which is told: `reporting_date`, the day of `known_at`, or today. #}
{% macro today() -%}
coalesce(nullif('{{ var("reporting_date") or "" }}', '')::date, nullif('{{ var("known_at") or "" }}', '')::timestamptz::date, current_date)
{%- endmacro %}
