{# Whether a row of core is the current version of its record; or was at the moment `known_at`, when figures are counted again as of then. #}
{% macro is_current_version() -%}
{% if var('known_at') -%} recorded_from <= '{{ var("known_at") }}' and recorded_to > '{{ var("known_at") }}' {%- else -%} recorded_to = 'infinity' {%- endif %}
{%- endmacro %}

{# The day of the report: `reporting_date`, else the day of `known_at`, else today. #}
{% macro today() -%}
coalesce(nullif('{{ var("reporting_date") or "" }}', '')::date, nullif('{{ var("known_at") or "" }}', '')::timestamptz::date, current_date)
{%- endmacro %}
