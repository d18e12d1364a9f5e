-- What: where a total is shown and hides a cell, it hides at least two, and together they are not small, so none can be computed by subtraction; where a total
-- is hidden, so are all cells that add up to it. The totals are stated here a second time, independently of reference.protected_total.
-- When it fails: a cell that was hidden for the few persons in it can be computed from the shown ones.
-- How to fix: look at the failing total in indicators.indicator_cell; seeds/metric/protected_total.csv needs another row.
{{ config(severity='error') }}
with communes as (
    select
        area.code,
        area.is_border,
        bridge.analysis_area_code as district_code
    from {{ ref('dim_area') }} as area
    inner join {{ ref('bridge_area_analysis') }} as bridge on area.area_sk = bridge.area_sk and bridge.is_default
    where area.level = 'commune' and area.valid_to = 'infinity'
),

sessions as (
    select
        session.sender_code || '/' || session.session_no as period,
        day.year_month as month
    from {{ ref('fct_fair_session') }} as session
    inner join {{ ref('dim_date') }} as day on session.held_date_sk = day.date_sk
),

cells as (
    select
        cell.*,
        coalesce(communes.district_code, cell.area_code) as district_code,
        coalesce(communes.is_border, false) as is_border,
        regexp_replace(cell.breakdown, '=[^;]*', '', 'g') as kind,
        months.month,
        left(months.month, 4) || case when right(months.month, 2) <= '06' then '-H1' else '-H2' end as half,
        coalesce(left(months.month, 4), left(cell.period, 4)) as year
    from {{ ref('indicator_cell') }} as cell
    left join communes on cell.area_code = communes.code
    left join sessions on cell.period_kind = 'session' and cell.period = sessions.period
    cross join lateral (values (case cell.period_kind when 'month' then cell.period else sessions.month end)) as months (month)
    where cell.persons > 0
),

-- each cell with the total that it is a part of, and the key that divides this total
parts as (
    select
        cells.metric,
        part.*,
        cells.persons,
        cells.is_suppressed
    from cells
    cross join
        lateral (
            values
            ('areas of the province', area_mode, period_kind, period, 'as_reported', 'all', breakdown, area_code <> 'all'),
            ('communes of a district', '', period_kind, period, 'restated_former_district', district_code, breakdown, area_mode = 'restated'),
            (
                'what was reported of a district', '', period_kind, period, 'restated_former_district', district_code, breakdown,
                area_mode = 'as_reported' and area_code <> 'all'
            ),
            ('values of a breakdown', kind, period_kind, period, area_mode, area_code, 'all', kind not in ('all', 'priority_group', 'area_group', 'trade')),
            ('what a first key is crossed with', '', period_kind, period, area_mode, area_code, split_part(breakdown, ';', 1), breakdown like '%;%'),
            ('what a last key is crossed with', '', period_kind, period, area_mode, area_code, split_part(breakdown, ';', -1), breakdown like '%;%'),
            ('communes at the border', area_mode, period_kind, period, 'as_reported', 'all', 'area_group=border', is_border and breakdown = 'all'),
            ('months of a year', '', 'year', year, area_mode, area_code, breakdown, period_kind = 'month'),
            ('halves of a year', '', 'year', year, area_mode, area_code, breakdown, period_kind = 'half'),
            ('months of a half', '', 'half', half, area_mode, area_code, breakdown, period_kind = 'month'),
            ('sessions of a month', '', 'month', month, area_mode, area_code, breakdown, period_kind = 'session'),
            ('sessions of a month of the province', area_mode, 'month', month, 'as_reported', 'all', breakdown, period_kind = 'session')
        ) as part (total, divided_by, of_kind, of_period, of_mode, of_area, of_breakdown, belongs)
    where part.belongs
),

totals as (
    select
        metric,
        total,
        divided_by,
        of_kind,
        of_period,
        of_mode,
        of_area,
        of_breakdown,
        count(*) filter (where is_suppressed) as hidden,
        sum(persons) filter (where is_suppressed) as persons,
        count(*) as parts
    from parts
    group by metric, total, divided_by, of_kind, of_period, of_mode, of_area, of_breakdown
)

select
    totals.total,
    concat_ws(' ', totals.metric, totals.of_period, totals.of_mode, totals.of_area, totals.of_breakdown, totals.divided_by) as total_cell,
    totals.hidden,
    totals.persons
from totals
left join cells as total_cell
    on totals.metric = total_cell.metric and totals.of_kind = total_cell.period_kind and totals.of_period = total_cell.period
        and totals.of_mode = total_cell.area_mode and totals.of_area = total_cell.area_code and totals.of_breakdown = total_cell.breakdown
where
    case
        when total_cell.is_suppressed then totals.hidden < totals.parts
        when totals.hidden = 1 then totals.parts > 1 or totals.persons = total_cell.persons
        else totals.hidden < totals.parts and totals.persons < {{ var('smallest_cell') }}
    end
union all
-- a session is held in one place, and a unit of one code is one unit
select
    'the same in every mode' as total,
    concat_ws(' ', metric, period, min(area_code), breakdown) as total_cell,
    count(*) filter (where is_suppressed) as hidden,
    sum(persons) filter (where is_suppressed) as persons
from cells
group by metric, period_kind, period, breakdown, case when period_kind <> 'session' then area_code end
having bool_or(is_suppressed) and not bool_and(is_suppressed)
union all
select
    'small and shown' as total,
    concat_ws(' ', metric, period, area_mode, area_code, breakdown) as total_cell,
    0 as hidden,
    persons
from cells
where {{ is_small('persons') }} and not is_suppressed
