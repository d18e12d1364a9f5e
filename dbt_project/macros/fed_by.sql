{#
  Pairs of a fact and a feed that it is written from, as rows (fact, feed): the feeds that the fact names in its meta, and those that
  this feed depends on (depends_on of the contract, in the meta of the source).
#}
{% macro fed_by() -%}
{%- set pairs = [] -%}
{%- for node in (graph.nodes.values() if execute else []) if node.resource_type == 'model' and node.config.meta.feed -%}
    {%- for feed in ([node.config.meta.feed] if node.config.meta.feed is string else node.config.meta.feed) -%}
        {%- do pairs.append((node.name, feed)) -%}
        {%- for source in graph.sources.values() if source.source_name == 'core' and source.name == feed -%}
            {%- for upstream in source.config.meta.depends_on -%}
                {%- do pairs.append((node.name, upstream)) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
(
    values {% for fact, feed in pairs | unique | sort %}('{{ fact }}', '{{ feed }}'){{ ', ' if not loop.last }}{% else %}('', ''){% endfor %}
)
{%- endmacro %}
