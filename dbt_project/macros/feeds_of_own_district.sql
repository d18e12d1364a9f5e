{# Feeds whose contract rejects rows of another district than the sender's, as a list of SQL. #}
{% macro feeds_of_own_district() -%}
{%- for source in (graph.sources.values() if execute else []) if source.source_name == 'core' and source.config.meta.stays_in_district -%}
'{{ source.name }}'{{ ', ' if not loop.last }}
{%- else -%}
''
{%- endfor -%}
{%- endmacro %}
