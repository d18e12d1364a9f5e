{# The metrics that have a cell of each area without a breakdown, with the kinds of period, as pairs: of the subjects that have a geography. #}
{% macro measured_periods() -%}
{%- set subjects = [
    counselling_measures(), durations_measures(), fairs_measures(), fill_measures(), flow_measures(), occupation_measures(), placements_measures(),
    session_costs_measures(), stock_measures(),
] -%}
{%- set pairs = [] -%}
{%- for measure in subjects | map(attribute='measures') | sum(start=[]) -%}
    {%- for period_kind, breakdowns in measure.cells.items() if 'all' in breakdowns and (measure.metric, period_kind) not in pairs -%}
        {%- do pairs.append((measure.metric, period_kind)) -%}
    {%- endfor -%}
{%- endfor -%}
{{ return(pairs) }}
{%- endmacro %}

{# Whether a metric is days, or a share within days: its value is empty while too few were observed for so long. #}
{% macro is_of_durations(metric) -%}
{{ metric }} = any(string_to_array('{{ durations_measures().measures | map(attribute="metric") | unique | join(" ") }}', ' '))
{%- endmacro %}
