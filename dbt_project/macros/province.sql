{# The name of the area "all", the province as a sum of its areas. The only place where SQL writes it. #}
{% macro province_label() -%}
'Toàn tỉnh'
{%- endmacro %}
