{# Five-year age band on a day; the exact age and the birth date stay in core. #}
{% macro age_band(birth_date, day) -%}
case
    when {{ birth_date }} is null or {{ day }} is null then 'unknown'
    when extract(year from age({{ day }}, {{ birth_date }})) < 15 then '0-14'
    when extract(year from age({{ day }}, {{ birth_date }})) >= 65 then '65+'
    else (floor(extract(year from age({{ day }}, {{ birth_date }})) / 5) * 5)::int::text || '-'
        || (floor(extract(year from age({{ day }}, {{ birth_date }})) / 5) * 5 + 4)::int::text
end
{%- endmacro %}

{# The five priority groups as flags, frozen as they were told at the event. #}
{% macro priority_flags(groups) -%}
{%- for flag, code in [('is_poor', 'poor'), ('is_near_poor', 'near_poor'), ('is_newly_escaped', 'newly_escaped'), ('is_disabled', 'disabled'), ('is_ethnic_minority', 'ethnic_minority')] %}
    coalesce('{{ code }}' = any({{ groups }}), false) as {{ flag }}{{ ',' if not loop.last }}
{%- endfor %}
{%- endmacro %}
