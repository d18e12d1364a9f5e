{#
  The incremental strategy of a table that is never overwritten: a cell whose figures changed ends its current row and begins another; a cell that is not counted any
  more ends. The model names the columns that identify a cell in meta.cell, and those that hold its figures in meta.figures; known_from and known_to are the
  warehouse's time.
#}
{% macro get_incremental_keep_vintages_sql(arg_dict) -%}
{%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
{%- set same_cell -%}
    {%- for column in config.get('meta')['cell'] %}counted.{{ column }} = kept.{{ column }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endset -%}
{%- set figures = config.get('meta')['figures'] -%}
update {{ arg_dict['target_relation'] }} as kept set known_to = now()
where kept.known_to = 'infinity' and not exists (
    select 1 from {{ arg_dict['temp_relation'] }} as counted
    where {{ same_cell }}
        and (counted.{{ figures | join(', counted.') }}) is not distinct from (kept.{{ figures | join(', kept.') }})
);

insert into {{ arg_dict['target_relation'] }} ({{ columns }})
select {{ columns }} from {{ arg_dict['temp_relation'] }} as counted
where not exists (select 1 from {{ arg_dict['target_relation'] }} as kept where kept.known_to = 'infinity' and {{ same_cell }});
{%- endmacro %}
