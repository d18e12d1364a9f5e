{# The first day of a figure's period: 2023-06, 2023-Q2, 2023-H1, 2023, or a vintage of a register, 2022-01. Null for a session. #}
{% macro first_day_of_figure(period_kind, period) -%}
case {{ period_kind }}
    when 'quarter' then make_date(left({{ period }}, 4)::int, right({{ period }}, 1)::int * 3 - 2, 1)
    when 'half' then make_date(left({{ period }}, 4)::int, right({{ period }}, 1)::int * 6 - 5, 1)
    when 'session' then null
    when 'all' then '-infinity'
    else {{ period_start(period) }}
end
{%- endmacro %}

{# The last day of a figure's period, of which the first day is given. #}
{% macro last_day_of_figure(period_kind, period, first_day) -%}
case {{ period_kind }}
    when 'quarter' then ({{ first_day }} + interval '3 months')::date - 1
    when 'half' then ({{ first_day }} + interval '6 months')::date - 1
    when 'session' then null
    when 'all' then 'infinity'
    else {{ period_end(period) }} - 1
end
{%- endmacro %}
