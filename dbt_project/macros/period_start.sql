{# The first day of a period. Null for a text that is no period: announcements with one are refused, and a ledger may have older ones. #}
{% macro period_start(period) -%}
case
    when {{ period }} ~ '^[0-9]{4}(-[0-9]{2}){0,2}$' and pg_input_is_valid({{ period }} || substr('0000-01-01', length({{ period }}) + 1), 'date')
        then ({{ period }} || substr('0000-01-01', length({{ period }}) + 1))::date
end
{%- endmacro %}
