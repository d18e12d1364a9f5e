{#
  What every cell of an indicator is written with. in_places(fact): the fact once in each area mode (in_area_modes) and once for the whole province (area_code "all" of mode as_reported, weight 1).
  Figures that a population is counted in by hand (persons of two districts) are counted there once.
#}
{% macro in_places(fact) -%}
(
    select
        fact.*,
        'as_reported' as area_mode,
        'all' as area_code,
        'Toàn tỉnh' as area,
        1::numeric as area_weight
    from {{ fact }} as fact
    union all
    select placed.*
    from {{ in_area_modes(fact) }} as placed
)
{%- endmacro %}

{# A person by pseudonym; somebody who cannot be known again is a person of their own, by the key of the row. #}
{% macro who(alias, row_key) -%}
case when {{ alias }}.person_sk = -1 then {{ alias }}.{{ row_key }} else {{ alias }}.person_sk end
{%- endmacro %}

{#
  Persons that a share tells of: those inside and those outside, whichever are fewer; either can be worked out from the other.
#}
{% macro fewest(counts) -%}
coalesce(least({% for count in counts %}nullif({{ count }}, 0){{ ', ' if not loop.last }}{% endfor %}), 0)
{%- endmacro %}

{# A count that may be a weighted sum, without the dust of fractions. #}
{% macro whole(sum) -%}
trim_scale(round(coalesce({{ sum }}, 0), 6))
{%- endmacro %}

{#
  The groups that a figure is also told for, as (breakdown, belongs): everybody, each priority group of the row, in the province those who live in border communes, and
  whatever a model adds as (breakdown, belongs) in SQL. The place is that of the row unless it is another's.
#}
{% macro by_priority_group(alias, more=[], place=none) -%}
(
    values ('all', true)
    {%- for group in ['poor', 'near_poor', 'newly_escaped', 'disabled', 'ethnic_minority'] %}, ('priority_group={{ group }}', {{ alias }}.is_{{ group }}){% endfor %},
    ('area_group=border', {{ alias }}.is_border and {{ place or alias }}.area_code = 'all')
    {%- for breakdown, belongs in more %}, ({{ breakdown }}, {{ belongs }}){% endfor %}
)
{%- endmacro %}

{#
  Rows of persons (who, sex and flags) in each place, a person once in an area. Groups are told apart afterwards: grouping by both at once would sort every person as
  often as there are groups.
#}
{% macro once_in_an_area(persons, also=[]) -%}
(
    select
        area_mode,
        area_code,
        area,
        who,
        max(area_weight) as area_weight,
        max(sex) as sex
        {%- for flag in ['is_poor', 'is_near_poor', 'is_newly_escaped', 'is_disabled', 'is_ethnic_minority', 'is_border'] %},
        bool_or({{ flag }}) as {{ flag }}
        {%- endfor %}
        {%- for column in also %},
        {{ column }}
        {%- endfor %}
    from {{ in_places(persons) }} as placed
    group by area_mode, area_code, area, who
)
{%- endmacro %}

{#
  The same rows, each with what once_in_an_area tells of its person in that place: for going back from a count of persons to every row that speaks of them.
#}
{% macro told_of_the_area(persons, also=[]) -%}
(
    select
        area_mode,
        area_code,
        who,
        batch_id,
        row_no,
        max(area_weight) over person as area_weight,
        max(sex) over person as sex
        {%- for flag in ['is_poor', 'is_near_poor', 'is_newly_escaped', 'is_disabled', 'is_ethnic_minority', 'is_border'] %},
        bool_or({{ flag }}) over person as {{ flag }}
        {%- endfor %}
        {%- for column in also %},
        bool_or({{ column }}) over person as {{ column }}
        {%- endfor %}
    from {{ in_places(persons) }} as placed
    window person as (partition by area_mode, area_code, who)
)
{%- endmacro %}

