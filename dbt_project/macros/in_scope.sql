{# A feed, or several where a fact is written from more than one, as a list of SQL. #}
{% macro feed_list(feed) -%} '{{ ([feed] if feed is string else feed) | join("', '") }}' {%- endmacro %}

{# Whether a row's partition changed since the last build. Used only when a model is built on top of what stands; a new or lost model takes everything. #}
{% macro in_scope(feed, alias) -%}
{% if is_incremental() -%} {{ in_build_scope(feed, alias) }} {%- else -%} true {%- endif %}
{%- endmacro %}

{# Whether a row's partition is one that this build takes up: what tests of whole facts look at, so that a long history costs a night nothing. #}
{% macro in_build_scope(feed, alias) -%}
exists (
    select 1 from {{ source('ops', 'build_scope') }} as scope
    where scope.feed in ({{ feed_list(feed) }}) and scope.sender_code = {{ alias }}.sender_code and scope.period = {{ alias }}.period
)
{%- endmacro %}
