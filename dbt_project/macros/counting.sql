{# A relation in the areas where its rows are counted: its columns, area_mode, area_code, area, area_weight. #}
{% macro in_areas(relation, areas='modes') -%}
{%- if areas == 'modes' -%}
(
    select
        counted.*,
        'as_reported' as area_mode,
        'all' as area_code,
        {{ province_label() }} as area,
        1::numeric as area_weight
    from {{ relation }} as counted
    union all
    select placed.*
    from {{ in_area_modes(relation) }} as placed
)
{%- elif areas == 'province' -%}
(
    select
        counted.*,
        'as_reported' as area_mode,
        'all' as area_code,
        {{ province_label() }} as area,
        1::numeric as area_weight
    from {{ relation }} as counted
)
{%- else -%}
{{ relation }}
{%- endif -%}
{%- endmacro %}

{#
  Rows of persons (unit_key, year, sex, flags) in each area, with is_repeated_unit. Where a person has several rows of a year in an area, each has the flags that are true in any of them, so that
  the person is counted in the same groups by all of them; `flags` are further columns to which that applies.
#}
{% macro persons_in_areas(persons, flags=[]) -%}
{%- set attributes = [] -%}
{%- for group in priority_groups() -%}{%- do attributes.append('is_' ~ group) -%}{%- endfor -%}
{%- set attributes = attributes + ['is_border'] + flags -%}
select
    placed.row_key,
    placed.unit_key,
    false as is_repeated_unit,
    placed.fact,
    placed.batch_id,
    placed.row_no,
    placed.year,
    placed.area_mode,
    placed.area_code,
    placed.area,
    placed.area_weight,
    placed.sex,
    {%- for attribute in attributes %}
    placed.{{ attribute }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ in_areas("(select *, count(*) over (partition by unit_key, year) as rows_of_unit from " ~ persons ~ ")") }} as placed
where placed.rows_of_unit = 1
union all
select
    placed.row_key,
    placed.unit_key,
    true as is_repeated_unit,
    placed.fact,
    placed.batch_id,
    placed.row_no,
    placed.year,
    placed.area_mode,
    placed.area_code,
    placed.area,
    max(placed.area_weight) over person_in_area as area_weight,
    max(placed.sex) over person_in_area as sex,
    {%- for attribute in attributes %}
    bool_or(placed.{{ attribute }}) over person_in_area as {{ attribute }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ in_areas("(select *, count(*) over (partition by unit_key, year) as rows_of_unit from " ~ persons ~ ")") }} as placed
where placed.rows_of_unit > 1
window person_in_area as (partition by placed.area_mode, placed.area_code, placed.unit_key, placed.year)
{%- endmacro %}

{# A person by pseudonym; one without is counted by the key of the row. #}
{% macro counting_key(relation, row_key) -%}
case when {{ relation }}.person_sk = -1 then {{ relation }}.{{ row_key }} else {{ relation }}.person_sk end
{%- endmacro %}

{# A share; null, not infinite, where there is nothing to share. #}
{% macro ratio(numerator, denominator, digits=4) -%}
round(({{ numerator }})::numeric / nullif({{ denominator }}, 0), {{ digits }})
{%- endmacro %}

{# A sum of weighted rows; weights have six digits, further digits come from division. #}
{% macro rounded_sum(sum) -%}
trim_scale(round(coalesce({{ sum }}, 0), 6))
{%- endmacro %}

{#
  The smallest of counts of persons that is not zero, 0 if all are; null if none of them is known. Of a share these are the persons inside and outside: either
  can be worked out from the other.
#}
{% macro smallest_group(counts) -%}
case when coalesce({{ counts | join(', ') }}) is not null then coalesce(least(
    {%- for count in counts %}nullif({{ count }}, 0){{ ', ' if not loop.last }}{% endfor -%}
), 0) end
{%- endmacro %}

{#
  The changes that one row makes to a stock between its first day and the day on which it has ended: (day, in_stock, in_comparison), of the years that are counted
  (counted_years.first_day) until the cutoff (cutoff.day). It is compared from senders.comparable_from on, never when that is null.
#}
{% macro stock_changes(first_day, ended_on) -%}
(
    values
    (
        greatest({{ first_day }}, counted_years.first_day), 1,
        (coalesce(senders.comparable_from <= greatest({{ first_day }}, counted_years.first_day) and senders.comparable_from < {{ ended_on }}, false))::int
    ),
    (
        case when senders.comparable_from > greatest({{ first_day }}, counted_years.first_day) and senders.comparable_from < {{ ended_on }}
            and senders.comparable_from <= cutoff.day then senders.comparable_from end, 0, 1
    ),
    (case when {{ ended_on }} <= cutoff.day then {{ ended_on }} end, -1, -(coalesce(senders.comparable_from < {{ ended_on }}, false))::int)
)
{%- endmacro %}
