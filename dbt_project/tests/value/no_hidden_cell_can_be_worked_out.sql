-- What: where a figure hides a cell, its total hides at least two, and together they are no small cell; so none can be worked out by subtraction.
-- When it fails: a cell that was hidden for the few persons in it can be had from the shown ones and their total.
-- How to fix: look at the failing total in marts.fct_indicator_cell; hide_what_gives_away needs another step.
-- A total that is hidden itself gives nothing away.
{{ config(severity='error') }}
with former as (
    select
        area.code,
        bridge.analysis_area_code as district_code
    from {{ ref('dim_area') }} as area
    inner join {{ ref('bridge_area_analysis') }} as bridge on area.area_sk = bridge.area_sk and bridge.is_default
    where area.level = 'commune' and area.valid_to = 'infinity'
),

cells as (
    select
        cell.*,
        coalesce(former.district_code, cell.area_code) as district_code
    from {{ ref('fct_indicator_cell') }} as cell
    left join former on cell.area_mode = 'restated' and cell.area_code = former.code
    where cell.persons > 0
),

totals as (
    select
        'areas of the province' as total,
        concat_ws(' ', metric, period, breakdown, area_mode) as what,
        count(*) filter (where is_suppressed) as hidden,
        sum(persons) filter (where is_suppressed) as persons,
        count(*) as known
    from cells
    where area_code <> 'all'
    group by metric, period_kind, period, breakdown, area_mode
    union all
    select
        'values of a breakdown',
        concat_ws(' ', metric, period, area_mode, area_code, split_part(breakdown, '=', 1)),
        count(*) filter (where is_suppressed),
        sum(persons) filter (where is_suppressed),
        count(*)
    from cells
    where breakdown <> 'all' and not starts_with(breakdown, 'priority_group=') and not starts_with(breakdown, 'trade=')
    group by metric, period_kind, period, area_mode, area_code, split_part(breakdown, '=', 1)
    union all
    select
        'communes of a district',
        concat_ws(' ', metric, period, breakdown, district_code),
        count(*) filter (where is_suppressed),
        sum(persons) filter (where is_suppressed),
        count(*)
    from cells
    where area_mode = 'restated'
    group by metric, period_kind, period, breakdown, district_code
    union all
    select
        'months and halves of a year',
        concat_ws(' ', metric, left(period, 4), period_kind, breakdown, area_mode, area_code),
        count(*) filter (where is_suppressed),
        sum(persons) filter (where is_suppressed),
        count(*)
    from cells
    where period_kind in ('month', 'half')
    group by metric, period_kind, breakdown, area_mode, area_code, left(period, 4)
    union all
    select
        'months of a half',
        concat_ws(' ', metric, left(period, 4), right(period, 2) <= '06', breakdown, area_mode, area_code),
        count(*) filter (where is_suppressed),
        sum(persons) filter (where is_suppressed),
        count(*)
    from cells
    where period_kind = 'month'
    group by metric, breakdown, area_mode, area_code, left(period, 4), right(period, 2) <= '06'
    union all
    select
        'sessions of a month',
        concat_ws(' ', cells.metric, held.year_month, cells.breakdown),
        count(*) filter (where cells.is_suppressed),
        sum(cells.persons) filter (where cells.is_suppressed),
        count(*)
    from cells
    inner join {{ ref('fct_fair_session') }} as session
        on cells.period_kind = 'session' and cells.period = session.sender_code || '/' || session.session_no
    inner join {{ ref('dim_date') }} as held on session.held_date_sk = held.date_sk
    group by cells.metric, cells.breakdown, held.year_month
)

select
    total,
    what,
    hidden,
    persons
from totals
where hidden > 0 and hidden < known and (hidden = 1 or persons < {{ var('smallest_cell') }})
union all
select
    'small and shown',
    concat_ws(' ', metric, period, area_mode, area_code, breakdown),
    0,
    persons
from cells
where {{ is_small('persons') }} and not is_suppressed
