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
