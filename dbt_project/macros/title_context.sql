{# The context in which a title is coded, as ops.title_coding has it: empty, or a status in employment, or an industry. #}
{% macro title_context(kind, value) -%} coalesce('{{ kind }}:' || {{ value }}, '') {%- endmacro %}
