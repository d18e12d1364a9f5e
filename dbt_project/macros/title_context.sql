{# What is known beside a title when it is coded, as ops.title_coding names it: nothing, or a status in employment, or an industry. #}
{% macro title_context(kind, value) -%} coalesce('{{ kind }}:' || {{ value }}, '') {%- endmacro %}
