{# The incremental strategy of a table that every build counts again: only the rows that differ are written, by the key. #}
{% macro get_incremental_changed_rows_sql(arg_dict) -%}
{%- set key = arg_dict['unique_key'] -%}
{%- set columns = arg_dict['dest_columns'] | map(attribute='name') | list -%}
{%- set values = columns | reject('in', key) | list -%}
merge into {{ arg_dict['target_relation'] }} as kept
using {{ arg_dict['temp_relation'] }} as counted
    on {% for column in key %}kept.{{ column }} = counted.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
when matched and (kept.{{ values | join(', kept.') }}) is distinct from (counted.{{ values | join(', counted.') }}) then
    update set {% for column in values %}{{ column }} = counted.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
when not matched by target then
    insert ({{ columns | join(', ') }}) values (counted.{{ columns | join(', counted.') }})
when not matched by source then
    delete;
{%- endmacro %}
