{# Rows of the same key. #}
{% test unique_combination(model, columns) %}
select {{ columns | join(', ') }}, count(*) as rows
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}

{#
  Keys that a model declares (its foreign keys, which PostgreSQL does not enforce) and that their tables do not have. An empty key fails too: -1 and -2 are rows of
  the dimension. `feed`: only the partitions that the build wrote, of a fact so large that a night must not read all of it.
#}
{% test every_key_has_its_row(model, feed=none) %}
{%- for key in declared_keys(model.identifier) if execute %}
select
    '{{ key.column }}' as key_column,
    keys.value::text as key_value,
    keys.rows
from (
    select written.{{ key.column }} as value, count(*) as rows
    from {{ model }} as written
    {%- if feed %}
    where {{ in_build_scope(feed, 'written') }}
    {%- endif %}
    group by written.{{ key.column }}
) as keys
left join {{ model.schema }}.{{ key.table }} as dimension on keys.value = dimension.{{ key.key }}
where dimension.{{ key.key }} is null
{% if not loop.last %}union all{% endif %}
{%- else %}
select 1 where false
{%- endfor %}
{% endtest %}

{# Senders with a share of -1 (unknown) above the limit of the key: a join that never matches would give -1 everywhere. Senders of few rows are left out.
A warning: what one sender writes must not undo the build of all. #}
{% test few_keys_are_unknown(model, feed=none, min_rows=50) %}
{{ config(severity='warn') }}
{%- set keys = declared_keys(model.identifier) %}
{%- if execute %}
select
    counts.sender_code,
    keys.key_column,
    keys.owner,
    counts.rows,
    keys.unknown
from (
    select
        written.sender_code,
        {%- for key in keys %}
        count(*) filter (where written.{{ key.column }} = -1) as {{ key.column }},
        {%- endfor %}
        count(*) as rows
    from {{ model }} as written
    {%- if feed %}
    where {{ in_build_scope(feed, 'written') }}
    {%- endif %}
    group by written.sender_code
) as counts
cross join lateral (
    values {% for key in keys %}('{{ key.column }}', '{{ key.owner }}', counts.{{ key.column }}, {{ key.limit }}){{ ', ' if not loop.last }}{% endfor %}
) as keys (key_column, owner, unknown, share_limit)
where counts.rows >= {{ min_rows }} and keys.unknown > keys.share_limit * counts.rows
{%- else %}
select 1 where false
{%- endif %}
{% endtest %}

{# Codes of another length, such as one that lost a leading zero. #}
{% test code_length(model, column_name, lengths) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} is not null and length({{ column_name }}) not in ({{ lengths | join(', ') }})
{% endtest %}

{# Rows for which a condition holds that must hold for none. #}
{% test never_true(model, condition) %}
select *
from {{ model }}
where {{ condition }}
{% endtest %}
