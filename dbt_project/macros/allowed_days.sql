{#
  Feeds with the days that a delivery may take from the first day of its period, as rows (feed, days): the latency of the contract, which is the freshness of the
  source.
#}
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
