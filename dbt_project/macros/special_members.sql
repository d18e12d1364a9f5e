{#
  The rows of a dimension and its special members: -1 where a fact has a value that is not known, -2 where a value does not apply. `columns` names every column of
  the dimension in its order, with what it is in the special members:

  key        -1 and -2              code       'unknown' and 'not_applicable'
  label_vi   Vietnamese label       label_en   English label
  first_day  1900-01-01             last_day   infinity (still valid)
  empty      null                   none       'none'

  or a SQL expression for both members, or a list of two. `members` is ['unknown'] where nothing can be not applicable.
#}
{% macro with_special_members(rows, columns, members=['unknown', 'not_applicable']) -%}
{%- set kinds = {
    'key': ['-1', '-2'],
    'code': ["'unknown'", "'not_applicable'"],
    'label_vi': ["'Không rõ'", "'Không áp dụng'"],
    'label_en': ["'Unknown'", "'Not applicable'"],
    'first_day': ["'1900-01-01'", "'1900-01-01'"],
    'last_day': ["'infinity'", "'infinity'"],
    'empty': ['null', 'null'],
    'none': ["'none'", "'none'"],
} -%}
select
    {%- for column in columns %}
    {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ rows }}
{%- for member in members %}
{%- set place = loop.index0 %}
union all
select
    {%- for column, kind in columns.items() %}
    {%- set values = kinds.get(kind, [kind, kind]) if kind is string else kind %}
    {{ values[place] }} as {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endfor %}
{%- endmacro %}
