{# Descriptions are written when the marts are laid (dbt run), and not again by every night's build. #}
{% macro persist_docs(relation, model, for_relation=true, for_columns=true) -%}
{% if flags.WHICH == 'run' -%} {{ return(adapter.dispatch('persist_docs', 'dbt')(relation, model, for_relation, for_columns)) }} {%- endif %}
{%- endmacro %}
