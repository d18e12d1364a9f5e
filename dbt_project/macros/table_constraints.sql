{#
  Columns and constraints of a table that dbt creates, but for its foreign keys: the table is created in another schema and then moved to its own, where a
  deployment declares the keys (labour_market.transform.deployment).
#}
{% macro postgres__get_table_columns_and_constraints() -%}
{%- set constraints = model['constraints'] | rejectattr('type', 'equalto', 'foreign_key') | list -%}
{%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
({{ (columns + adapter.render_raw_model_constraints(raw_constraints=constraints)) | join(', ') }})
{%- endmacro %}
