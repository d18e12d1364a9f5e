{# A model's schema is the one of its folder, without a prefix; a run with the variable build_schema puts every model there, apart from the tables in use. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ var('build_schema') if var('build_schema') and node.resource_type == 'model' else custom_schema_name or target.schema }}
{%- endmacro %}
