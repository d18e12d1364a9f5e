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
    bool_or(is_suppressed) as is_suppressed,
    {{ incomplete_metrics() }}
from {{ ref('indicator') }}
where metric in ('{{ metrics | join("', '") }}')
group by period_kind, period, area_mode, area_code, area, breakdown
{%- endmacro %}

{# Of the metrics of a group of rows of bi.indicator: those of which a sender is missing, and those that no sender reported, as texts; null when there are none. #}
{% macro incomplete_metrics() -%}
string_agg(metric, ' ' order by metric) filter (where status = 'partial') as partial_metrics,
    string_agg(metric, ' ' order by metric) filter (where status = 'not_received') as not_received_metrics
{%- endmacro %}
