{# A feed, or several where a fact is written from more than one, as a list of SQL. #}
{% macro feed_list(feed) -%} '{{ ([feed] if feed is string else feed) | join("', '") }}' {%- endmacro %}

{# Whether a row's partition changed since the last build. A model whose table is new or was dropped takes every row. #}
{% macro in_scope(feed, alias) -%}
{% if is_incremental() -%} {{ in_build_scope(feed, alias) }} {%- else -%} true {%- endif %}
{%- endmacro %}

{# Whether a row's partition is in the scope of this build. Tests of large facts read only these rows, so that a long history costs no time. #}
{% macro in_build_scope(feed, alias) -%}
exists (
    select 1 from {{ source('ops', 'build_scope') }} as scope
    where scope.feed in ({{ feed_list(feed) }}) and scope.sender_code = {{ alias }}.sender_code and scope.period = {{ alias }}.period
)
{%- endmacro %}

{#
  Columns of the rows of core in the scope, a feed or several, one after another. Ended versions are among them: what a correction took out of its partition must
  be written again where other partitions have it. The arrays let the index on the partition serve also a model without nested loops.
#}
{% macro all_versions_in_scope(feed, columns) -%}
{%- for name in ([feed] if feed is string else feed) %}
select {{ columns | join(', ') }} from {{ source('core', name) }} as records
where {{ in_scope(name, 'records') }}
{%- if is_incremental() %}
    {%- for column in ['sender_code', 'period'] %}
    and records.{{ column }} = any(array(select scope.{{ column }} from {{ source('ops', 'build_scope') }} as scope where scope.feed = '{{ name }}'))
    {%- endfor %}
{%- endif %}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro %}
