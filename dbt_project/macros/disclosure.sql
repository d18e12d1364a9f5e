{#
  Cells of few persons are hidden; and since totals are shown, so are the cells that would give a hidden one away by subtraction. A hook of fct_indicator_cell, in the
  transaction that writes it, so that nobody sees the cells before. It comes with is_suppressed set where a cell is small, and hides what must be hidden beside those.

  A cell stands in several totals: the province over the areas of a mode, a former district over its communes, an area over the values of a breakdown that divides
  it (priority groups overlap and do not, and few have a trade of the province), a year over its months and half-years, a half-year over its months, a month over its sessions. In each of them, where something is hidden, the next smallest are hidden too, until at least two
  are and together they are no small cell. What stands under a hidden cell is hidden with it: the communes of a district, the breakdowns of an area, the areas of
  a figure of the province. Each step can call for another, so they are repeated until none hides anything more; totals never reach beyond a metric, so only
  metrics that the last round touched are looked at again.
#}
{% macro hide_what_gives_away(cells) -%}
{%- set steps = [
    "coalesce(bool_or(is_hidden) filter (where is_province) over (partition by figure), false)
            or coalesce(bool_or(is_hidden) filter (where not is_province and mode <> 'restated') over (partition by figure, district), false)
            or coalesce(bool_or(is_hidden) filter (where breakdown = 'all') over (partition by subject, place), false)",
    hidden_beside(["figure", "mode", "is_province", "case when mode = 'restated' then district end"]),
    hidden_beside(["figure", "mode", "is_province"]),
    "divides and (" ~ hidden_beside(["subject", "place", "kind"]) ~ ")",
    "period_kind in ('month', 'half') and (" ~ hidden_beside(["metric", "period_kind", "breakdown", "place", "year"]) ~ ")",
    "period_kind = 'month' and (" ~ hidden_beside(["metric", "period_kind", "breakdown", "place", "half"]) ~ ")",
    "period_kind = 'session' and (" ~ hidden_beside(["metric", "period_kind", "breakdown", "session_month"]) ~ ")"
] -%}
do $$
declare
    stirred text[];
    moved text[];
begin
    create temp table hiding on commit drop as
    select
        cell.ctid as cell,
        cell.metric,
        cell.period_kind,
        cell.period,
        cell.breakdown,
        cell.persons,
        cell.is_suppressed as is_hidden,
        -- keys as numbers: the windows below are sorted by them many times
        dense_rank() over (order by metric, period_kind, period) as subject,
        dense_rank() over (order by metric, period_kind, period, breakdown) as figure,
        dense_rank() over (order by area_mode, area_code) as place,
        dense_rank() over (order by coalesce(former.district_code, cell.area_code)) as district,
        regexp_replace(breakdown, '=[^;]*', '', 'g') as kind,
        breakdown not like 'priority_group=%' and breakdown not like 'trade=%' as divides,
        left(period, 4) as year,
        left(period, 4) || case when right(period, 2) <= '06' then 'H1' else 'H2' end as half, -- of a month
        held.session_month,
        area_code = 'all' as is_province,
        area_mode as mode
    from {{ cells }} as cell
    left join (
        select
            commune.code,
            bridge.analysis_area_code as district_code
        from {{ ref('dim_area') }} as commune
        inner join {{ ref('bridge_area_analysis') }} as bridge on commune.area_sk = bridge.area_sk and bridge.is_default
        where commune.level = 'commune' and commune.valid_to = 'infinity'
    ) as former on cell.area_mode = 'restated' and cell.area_code = former.code
    left join (
        select
            session.sender_code || '/' || session.session_no as told_as,
            day.year_month as session_month
        from {{ ref('fct_fair_session') }} as session
        inner join {{ ref('dim_date') }} as day on session.held_date_sk = day.date_sk
    ) as held on cell.period_kind = 'session' and cell.period = held.told_as
    where cell.persons > 0;
    analyze hiding;

    select array_agg(distinct metric) into stirred from hiding where is_hidden;
    while stirred is not null loop
        moved := '{}';
        {%- for step in steps %}
        with due as (
            select cell, is_hidden, {{ step }} as must_hide
            from hiding
            where metric = any (stirred)
        ),

        hid as (
            update hiding set is_hidden = true
            from due
            where hiding.cell = due.cell and due.must_hide and not due.is_hidden
            returning hiding.metric
        )

        select moved || coalesce(array_agg(distinct metric), '{}') into moved from hid;
        {%- endfor %}
        stirred := nullif(moved, '{}');
    end loop;

    update {{ cells }} as cell set is_suppressed = true
    from hiding
    where cell.ctid = hiding.cell and hiding.is_hidden and not cell.is_suppressed;
end $$
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
