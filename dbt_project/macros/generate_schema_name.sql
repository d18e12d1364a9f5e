{# A model's schema is the one that its folder names, without any prefix; what is counted again as of a moment stands apart from what is served. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ 'recounted' if var('known_at') and node.resource_type == 'model' else custom_schema_name or target.schema }}
{%- endmacro %}
