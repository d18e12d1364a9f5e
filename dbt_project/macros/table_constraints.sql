{#
  Columns and constraints of a table that dbt creates, but for its foreign keys: it is created beside what is served and moved to its place afterwards, and a
  deployment declares the keys there (labour_market.transform.deployment).
#}
{% macro postgres__get_table_columns_and_constraints() -%}
{%- set constraints = model['constraints'] | rejectattr('type', 'equalto', 'foreign_key') | list -%}
{%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
({{ (columns + adapter.render_raw_model_constraints(raw_constraints=constraints)) | join(', ') }})
{%- endmacro %}
