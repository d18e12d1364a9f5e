{#
  Cells of few persons are hidden; and since totals are shown, so are the cells that would give a hidden one away by subtraction. A hook of indicator_cell, in the
  transaction that writes it, so that nobody sees the cells before. It comes with is_suppressed set where a cell is small, and hides what must be hidden beside those.

  A cell stands in several totals: the province over the areas of a mode, a former district over its communes and over what was reported of it, an area over the
  values of a breakdown that divides it (priority groups overlap and do not, and few have a trade of the province), those who live at the border over the
  communes there, a fund over the kinds of session that it paid and a kind over its funds; and in each place a year over its months and half-years, a half-year
  over its months, a month over its sessions. In each of them, where something is hidden, the next smallest are hidden too, until at least
  two are and together they are no small cell; the total comes last, so that it is hidden with its only part. What stands under a hidden cell is hidden with it,
  since it adds up to it. What is the same in every mode is hidden in all of them: a session, which was held in one place, and a unit of one code.

  Each step can call for another, so they are repeated until none hides anything more; totals never reach beyond a metric, so only metrics that the last round
  touched are looked at again.
#}
{% macro hide_what_gives_away(cells) -%}
{%- set steps = [
    ["true",
        "bool_or(is_hidden) filter (where is_province) over (partition by figure)
            or bool_or(is_hidden) filter (where is_district) over (partition by figure, district)
            or bool_or(is_hidden) filter (where breakdown = 'all') over (partition by subject, place)
            or bool_or(is_hidden) over (partition by figure, same_in_every_mode)
            or is_border_part and bool_or(is_hidden) filter (where is_border) over (partition by subject)"],
    ["year is not null",
        "bool_or(is_hidden) filter (where period_kind = 'year') over (partition by series, place, year)
            or bool_or(is_hidden) filter (where period_kind = 'half') over (partition by series, place, half)
            or bool_or(is_hidden) filter (where period_kind = 'month') over (partition by series, place, month)"],
    ["not is_province and mode <> 'as_reported'", hidden_beside(["figure", "district"], "mode <> 'restated'")],
    ["not is_province and mode <> 'restated'", hidden_beside(["figure", "district"], "mode <> 'as_reported'")],
    ["is_province or mode = 'as_reported'", hidden_beside(["figure"], "is_province")],
    ["is_province or mode = 'restated'", hidden_beside(["figure"], "is_province")],
    ["is_province or mode = 'restated_former_district'", hidden_beside(["figure"], "is_province")],
    ["is_border or is_border_part and mode = 'as_reported'", hidden_beside(["subject"], "is_border")],
    ["is_border or is_border_part and mode = 'restated'", hidden_beside(["subject"], "is_border")],
    ["divides", hidden_beside(["subject", "place", "kind"])],
    ["is_crossed", "bool_or(is_hidden) filter (where breakdown = first_key) over (partition by subject, place, first_key)
            or bool_or(is_hidden) filter (where breakdown = last_key) over (partition by subject, place, last_key)"],
    ["is_crossed", hidden_beside(["subject", "place", "first_key"], "breakdown = first_key")],
    ["is_crossed", hidden_beside(["subject", "place", "last_key"], "breakdown = last_key")],
    ["is_alone or breakdown = 'all'", "bool_or(is_hidden) filter (where is_alone) over (partition by subject, place)"],
    ["period_kind in ('month', 'year')", hidden_beside(["series", "place", "year"], "period_kind = 'year'")],
    ["period_kind in ('half', 'year')", hidden_beside(["series", "place", "year"], "period_kind = 'year'")],
    ["period_kind in ('month', 'half')", hidden_beside(["series", "place", "half"], "period_kind = 'half'")],
    ["period_kind in ('session', 'month')", hidden_beside(["series", "place", "month"], "period_kind = 'month'")]
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
        case cell.period_kind when 'session' then '' else cell.area_code end as same_in_every_mode,
        cell.area_mode as mode,
        cell.area_code = 'all' as is_province,
        former.code is null and cell.area_code <> 'all' as is_district,
        cell.breakdown = 'area_group=border' as is_border, -- told of the province alone
        cell.breakdown = 'all' and coalesce(former.is_border, false) as is_border_part,
        -- keys as numbers: the windows below are sorted by them many times
        dense_rank() over (order by metric, period_kind, period) as subject,
        dense_rank() over (order by metric, period_kind, period, breakdown) as figure,
        dense_rank() over (order by metric, breakdown) as series,
        dense_rank() over (order by area_mode, area_code) as place,
        dense_rank() over (order by coalesce(former.district_code, cell.area_code)) as district,
        regexp_replace(breakdown, '=[^;]*', '', 'g') as kind,
        split_part(breakdown, ';', 1) as first_key,
        split_part(breakdown, ';', -1) as last_key,
        bool_or(breakdown like '%;%') over (partition by metric) as is_crossed,
        told.divides,
        -- the only value of its breakdown: it tells of the same persons as the whole
        told.divides
        and cell.persons = max(cell.persons) filter (where cell.breakdown = 'all') over (partition by metric, period_kind, period, area_mode, area_code) as is_alone,
        lasting.month,
        case cell.period_kind
            when 'half' then cell.period else left(lasting.month, 4) || case when right(lasting.month, 2) <= '06' then '-H1' else '-H2' end
        end as half,
        left(case when cell.period_kind in ('half', 'year') then cell.period else lasting.month end, 4) as year
    from {{ cells }} as cell
    left join (
        select
            commune.code,
            commune.is_border,
            bridge.analysis_area_code as district_code
        from {{ ref('dim_area') }} as commune
        inner join {{ ref('bridge_area_analysis') }} as bridge on commune.area_sk = bridge.area_sk and bridge.is_default
        where commune.level = 'commune' and commune.valid_to = 'infinity'
    ) as former on cell.area_code = former.code
    left join (
        select
            session.sender_code || '/' || session.session_no as told_as,
            day.year_month as session_month
        from {{ ref('fct_fair_session') }} as session
        inner join {{ ref('dim_date') }} as day on session.held_date_sk = day.date_sk
    ) as held on cell.period_kind = 'session' and cell.period = held.told_as
    cross join lateral (values (case cell.period_kind when 'month' then cell.period else held.session_month end)) as lasting (month)
    cross join lateral (values (split_part(breakdown, '=', 1) not in ('all', 'priority_group', 'area_group', 'trade'))) as told (divides)
    where cell.persons > 0;
    analyze hiding;

    select array_agg(distinct metric) into stirred from hiding where is_hidden;
    while stirred is not null loop
        moved := '{}';
        {%- for among, must_hide in steps %}
        with due as (
            select cell, is_hidden, {{ must_hide }} as must_hide
            from hiding
            where metric = any (stirred) and ({{ among }})
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

{#
  Whether a cell must be hidden beside those that are, within a total: the smallest go first and the total itself last, until two are hidden and together they are
  no small cell.
#}
{% macro hidden_beside(total, is_total='false') -%}
{%- set within = total | join(', ') -%}
{%- set smallest_first = within ~ ' order by is_hidden desc, ' ~ is_total ~ ', persons, place, figure' -%}
bool_or(is_hidden) over (partition by {{ within }}) and (
                row_number() over (partition by {{ smallest_first }}) <= 2
                or coalesce(sum(persons) over (partition by {{ smallest_first }} rows between unbounded preceding and 1 preceding), 0) < {{ var('smallest_cell') }}
            )
{%- endmacro %}
