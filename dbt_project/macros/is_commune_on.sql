{# Whether a row of int_areas__keyed is the version of a commune that was valid on a day. At most one row is, since versions do not overlap. #}
{% macro is_commune_on(areas, commune_code, day) -%}
{{ areas }}.level = 'commune' and {{ commune_code }} = {{ areas }}.code and {{ day }} >= {{ areas }}.valid_from and {{ day }} < {{ areas }}.valid_to
{%- endmacro %}
