{# Feeds and how many days from the first of its period a delivery may take, as rows (feed, days): the latency of the contract, as sources have it. #}
{% macro allowed_days() -%}
(
    values
    {%- for source in (graph.sources.values() if execute else []) if source.source_name == 'core' %}
    ('{{ source.name }}', {{ source.freshness.warn_after.count }}){{ ',' if not loop.last }}
    {%- else %}
    ('', 0)
    {%- endfor %}
)
{%- endmacro %}
