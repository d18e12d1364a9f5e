{# The first day after a period: 2023-01-01 for 2022, 2022-02-01 for 2022-01. Periods are sorted by it: as texts, 2022-01 would come after 2022. #}
{% macro period_end(period) -%}
({{ period_start(period) }}
    + case length({{ period }}) when 4 then interval '1 year' when 7 then interval '1 month' else interval '1 day' end)::date
{%- endmacro %}
