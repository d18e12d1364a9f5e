{# The codes of the priority groups, as the code list priority_group has them. The only place where SQL lists them; a column of a group is is_<code>. #}
{% macro priority_groups() -%}
{{ return(['poor', 'near_poor', 'newly_escaped', 'disabled', 'ethnic_minority']) }}
{%- endmacro %}

{# The groups that an event names, an array of codes, as one flag a group. #}
{% macro priority_flags(groups) -%}
{%- for group in priority_groups() %}
    coalesce('{{ group }}' = any({{ groups }}), false) as is_{{ group }}{{ ',' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{# The flags of a relation, for a select list; where the relation may have no row, `default` is the value then. #}
{% macro priority_columns(relation, default=none) -%}
{%- for group in priority_groups() %}
    {% if default is none %}{{ relation }}.is_{{ group }}{% else %}coalesce({{ relation }}.is_{{ group }}, {{ default }}) as is_{{ group }}{% endif %}{{ ',' if not loop.last }}
{%- endfor %}
{%- endmacro %}
