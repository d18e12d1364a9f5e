{#
  The foreign keys that a model of marts declares, each with its column, the table and the key that it names, and how much of it may be -1: the limit of the share
  and its owner, who finds out why there is more (engineer, sender or steward), from meta.unknown of the model. A key that is not named there may not be -1.
  Known only while dbt runs.
#}
{% macro declared_keys(name) -%}
{%- set keys = [] -%}
{%- if execute -%}
    {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ name] -%}
    {%- set limits = node.config.meta.get('unknown', {}) -%}
    {%- for constraint in node.constraints if constraint.type == 'foreign_key' -%}
        {%- set target = modules.re.match('marts[.](\\w+) [(](\\w+)[)]', constraint.expression) -%}
        {%- set column = constraint.columns[0] -%}
        {%- set limit = limits.get(column, {'limit': 0, 'owner': 'engineer'}) -%}
        {%- do keys.append({'column': column, 'table': target[1], 'key': target[2], 'limit': limit['limit'], 'owner': limit['owner']}) -%}
    {%- endfor -%}
{%- endif -%}
{{ return(keys) }}
{%- endmacro %}

{# How many rows of each table have -1 and -2 in each of its keys, one row for each key. One scan of each table. #}
{% macro counts_of_keys(relations) -%}
{%- for relation in relations %}
    select
        '{{ relation.identifier }}' as table_name,
        keys.key_name,
        keys.owner,
        keys.share_limit,
        keys.unknown_rows,
        keys.not_applicable_rows,
        counted.all_rows
    from (
        select
            count(*) as all_rows
            {%- for key in declared_keys(relation.identifier) %},
            count(*) filter (where {{ key.column }}::text = '-1') as {{ key.column }}_1,
            count(*) filter (where {{ key.column }}::text = '-2') as {{ key.column }}_2
            {%- endfor %}
        from {{ relation }}
    ) as counted
    cross join
        lateral (
            values
            {%- for key in declared_keys(relation.identifier) %}
            ('{{ key.column }}', '{{ key.owner }}', {{ key.limit }}::numeric, counted.{{ key.column }}_1, counted.{{ key.column }}_2){{ ',' if not loop.last }}
            {%- else %}
            ('', '', 0::numeric, 0::bigint, 0::bigint)
            {%- endfor %}
        ) as keys (key_name, owner, share_limit, unknown_rows, not_applicable_rows)
    {%- if not loop.last %}
    union all
    {%- endif %}
{%- endfor %}
{%- endmacro %}
