{#
  Pairs of a fact and a feed that its rows depend on, as rows (fact, feed): the feeds in the fact's meta.feed, and those that the contract of such a feed names as
  upstream (depends_on, in the meta of the source).
#}
{% macro fact_feeds() -%}
{%- set pairs = [] -%}
{%- for node in (graph.nodes.values() if execute else []) if node.resource_type == 'model' and node.config.meta.feed -%}
    {%- for feed in ([node.config.meta.feed] if node.config.meta.feed is string else node.config.meta.feed) -%}
        {%- do pairs.append((node.name, feed)) -%}
        {%- for source in graph.sources.values() if source.source_name == 'core' and source.name == feed -%}
            {%- for upstream_feed in source.config.meta.depends_on -%}
                {%- do pairs.append((node.name, upstream_feed)) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
(
    values {% for fact, feed in pairs | unique | sort %}('{{ fact }}', '{{ feed }}'){{ ', ' if not loop.last }}{% else %}('', ''){% endfor %}
)
{%- endmacro %}
