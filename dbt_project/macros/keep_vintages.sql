{#
  The incremental strategy of what is never overwritten: a cell that says something new ends the row that stood and begins another; one that is no longer told
  ends. The model names the columns that say which cell it is in meta.cell, and those that it tells in meta.told; known_from and known_to are the warehouse's time.
#}
{% macro get_incremental_keep_vintages_sql(arg_dict) -%}
{%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
{%- set same_cell -%}
    {%- for column in config.get('meta')['cell'] %}told.{{ column }} = kept.{{ column }}{{ ' and ' if not loop.last }}{% endfor -%}
{%- endset -%}
{%- set told = config.get('meta')['told'] -%}
update {{ arg_dict['target_relation'] }} as kept set known_to = now()
where kept.known_to = 'infinity' and not exists (
    select 1 from {{ arg_dict['temp_relation'] }} as told
    where {{ same_cell }}
        and (told.{{ told | join(', told.') }}) is not distinct from (kept.{{ told | join(', kept.') }})
);

insert into {{ arg_dict['target_relation'] }} ({{ columns }})
select {{ columns }} from {{ arg_dict['temp_relation'] }} as told
where not exists (select 1 from {{ arg_dict['target_relation'] }} as kept where kept.known_to = 'infinity' and {{ same_cell }});
{%- endmacro %}
