{#
  How a reference list is emptied before its rows are loaded, in the same transaction. `truncate` would wait for every open transaction that has read the list,
  with all readers behind it; after a delete they see the old rows until the new ones are there.
#}
{% macro postgres__truncate_relation(relation) -%}
{%- call statement('truncate_relation') -%} delete from {{ relation }} {%- endcall -%}
{%- endmacro %}
