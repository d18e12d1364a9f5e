{# Descriptions are written when the models are deployed (dbt run), and not by every nightly build. #}
{% macro persist_docs(relation, model, for_relation=true, for_columns=true) -%}
{% if flags.WHICH == 'run' -%} {{ return(adapter.dispatch('persist_docs', 'dbt')(relation, model, for_relation, for_columns)) }} {%- endif %}
{%- endmacro %}
