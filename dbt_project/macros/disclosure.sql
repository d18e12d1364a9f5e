{#
  Cells of few persons are hidden; and since totals are shown, so are the cells that would give a hidden one away by subtraction. Of cells in the shape of
  fct_indicator_cell it gives the same cells with is_suppressed.

  A cell stands in several totals: the province over the areas of a mode, a former district over its communes, an area over the values of a breakdown that divides
  it (priority groups overlap and do not, and few have a trade of the province), a year over its months. In each of them, where something is hidden, the next smallest are hidden too, until at least two
  are and together they are no small cell. What stands under a hidden cell is hidden with it: the communes of a district, the breakdowns of an area, the areas of
  a figure of the province. Each step can call for another, so they are repeated.
#}
{% macro with_suppression(cells, rounds=2) -%}
{%- set told = 'metric, period_kind, period, area_mode, area_code, area, breakdown, numerator, denominator, value, persons' -%}
{%- set steps = [
    "coalesce(bool_or(is_hidden) filter (where is_province) over (partition by figure), false)
        or coalesce(bool_or(is_hidden) filter (where not is_province and mode <> 'restated') over (partition by figure, district), false)
        or coalesce(bool_or(is_hidden) filter (where breakdown = 'all') over (partition by subject, place), false)",
    hidden_beside(["figure", "mode", "is_province", "case when mode = 'restated' then district end"]),
    hidden_beside(["figure", "mode", "is_province"]),
    "divides and (" ~ hidden_beside(["subject", "place", "kind"]) ~ ")",
    "period_kind = 'month' and (" ~ hidden_beside(["metric", "breakdown", "place", "left(period, 4)"]) ~ ")"
] -%}
(
    with step_0 as (
        select
            cell.*,
            -- keys as numbers: the windows below are sorted by them many times
            dense_rank() over (order by metric, period_kind, period) as subject,
            dense_rank() over (order by metric, period_kind, period, breakdown) as figure,
            dense_rank() over (order by area_mode, area_code) as place,
            dense_rank() over (order by coalesce(former.district_code, cell.area_code)) as district,
            regexp_replace(breakdown, '=[^;]*', '', 'g') as kind,
            breakdown not like 'priority_group=%' and breakdown not like 'trade=%' as divides,
            area_code = 'all' as is_province,
            area_mode as mode,
            {{ is_small('persons') }} as is_hidden
        from {{ cells }} as cell
        left join (
            select
                commune.code,
                bridge.analysis_area_code as district_code
            from {{ ref('dim_area') }} as commune
            inner join {{ ref('bridge_area_analysis') }} as bridge on commune.area_sk = bridge.area_sk and bridge.is_default
            where commune.level = 'commune' and commune.valid_to = 'infinity'
        ) as former on cell.area_mode = 'restated' and cell.area_code = former.code
        where cell.persons > 0
    ){% for step in steps * rounds %},

    step_{{ loop.index }} as (
        select {{ told }}, subject, figure, place, district, kind, divides, is_province, mode, is_hidden or ({{ step }}) as is_hidden
        from step_{{ loop.index0 }}
    ){% endfor %}

    select {{ told }}, is_hidden as is_suppressed
    from step_{{ rounds * steps | length }}
    union all
    select {{ told }}, false
    from {{ cells }}
    where persons is null or persons <= 0
)
{%- endmacro %}

{# Whether a cell must be hidden beside those that are, within a total: the smallest go first, until two are hidden and together they are no small cell. #}
{% macro hidden_beside(total) -%}
{%- set within = total | join(', ') -%}
{%- set smallest_first = within ~ ' order by is_hidden desc, persons, place, breakdown' -%}
bool_or(is_hidden) over (partition by {{ within }}) and (
            row_number() over (partition by {{ smallest_first }}) <= 2
            or coalesce(sum(persons) over (partition by {{ smallest_first }} rows between unbounded preceding and 1 preceding), 0) < {{ var('smallest_cell') }}
        )
{%- endmacro %}
