{# Indicators as columns: one row a period, area and breakdown, with the value of each metric; null where it is hidden or cannot be computed. #}
{% macro metrics_as_columns(metrics) -%}
select
    period_kind,
    period,
    area_mode,
    area_code,
    area,
    breakdown,
    {%- for metric in metrics %}
    max(value) filter (where metric = '{{ metric }}') as {{ metric }},
    {%- endfor %}
    bool_or(is_suppressed) as is_suppressed
from {{ ref('indicator') }}
where metric in ('{{ metrics | join("', '") }}')
group by period_kind, period, area_mode, area_code, area, breakdown
{%- endmacro %}
