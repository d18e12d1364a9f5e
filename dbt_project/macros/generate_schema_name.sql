{# A model's schema is the one of its folder, without a prefix; figures that are counted again as of a moment have a schema of their own. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ 'recounted' if var('known_at') and node.resource_type == 'model' else custom_schema_name or target.schema }}
{%- endmacro %}
