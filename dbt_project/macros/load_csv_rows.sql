{#
  Insert the rows of a seed. dbt's own macro writes the statement cell by cell, which takes half a minute for lists of some thousand rows on a busy machine;
  this one repeats a row of placeholders.
#}
{% macro postgres__load_csv_rows(model, agate_table) -%}
{%- set columns = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
{%- set one_row = '(' ~ (['%s'] * (agate_table.column_names | length)) | join(', ') ~ ')' -%}
{%- set statements = [] -%}
{%- for rows in agate_table.rows | batch(2000) -%}
    {%- set bindings = [] -%}
    {%- for row in rows -%}{%- do bindings.extend(row) -%}{%- endfor -%}
    {%- set statement = 'insert into ' ~ this.render() ~ ' (' ~ columns ~ ') values ' ~ ([one_row] * (rows | length)) | join(', ') -%}
    {%- do adapter.add_query(statement, bindings=bindings, abridge_sql_log=True) -%}
    {%- do statements.append(statement) -%}
{%- endfor -%}
{{ return(statements[0]) }}
{%- endmacro %}
