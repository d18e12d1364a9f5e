{{ config(
    materialized='incremental',
    full_refresh=false,
    on_schema_change='append_new_columns',
    contract={'enforced': var('known_at', none) is none},
    incremental_strategy='changed_rows',
    unique_key=['metric', 'period_kind', 'period', 'area_mode', 'area_code'],
    indexes=[{'columns': ['metric', 'period_kind', 'period', 'area_mode', 'area_code'], 'unique': true}]
) }}
-- Figures of an area that no row made a cell of while a sender is missing, and that the province has. Sessions are figures of their area alone.
with coverage as (select * from {{ ref('cell_coverage') }}),

metrics as (select * from {{ ref('feeds_of_metric') }}),

cells as not materialized (select * from {{ ref('indicator_cell') }}),

places as (select * from {{ ref('bridge_area_mode') }}),

units as (select * from {{ ref('dim_area') }}),

sessions as (select * from {{ ref('int_sessions__with_periods') }}),

areas as (
    select distinct on (area_mode, area_code)
        area_mode,
        area_code,
        area
    from places
    order by area_mode, area_code, area
),

measured (metric, period_kind) as (
    values
    {%- for metric, period_kind in measured_periods() %}
        ('{{ metric }}', '{{ period_kind }}'){{ ',' if not loop.last }}
    {%- endfor %}
),

counted as materialized (
    select
        metric,
        period_kind,
        period,
        area_mode,
        area_code
    from cells
    where breakdown = 'all'
)

select
    metrics.metric,
    coverage.period_kind,
    coverage.period,
    coverage.area_mode,
    coverage.area_code,
    coalesce(areas.area, {{ province_label() }}) as area,
    coverage.senders_expected,
    coverage.senders_in
from coverage
inner join metrics on coverage.feeds = metrics.feeds and metrics.is_part = (coverage.area_code <> 'all')
inner join measured on metrics.metric = measured.metric and coverage.period_kind = measured.period_kind
left join areas on coverage.area_mode = areas.area_mode and coverage.area_code = areas.area_code
left join counted as of_area
    on metrics.metric = of_area.metric and coverage.period_kind = of_area.period_kind and coverage.period = of_area.period
        and coverage.area_mode = of_area.area_mode and coverage.area_code = of_area.area_code
left join counted as of_province
    on metrics.metric = of_province.metric and coverage.period_kind = of_province.period_kind and coverage.period = of_province.period
        and of_province.area_mode = 'as_reported' and of_province.area_code = 'all'
left join sessions on coverage.period_kind = 'session' and coverage.period = sessions.session
cross join lateral (values ({{ first_day_of_figure('coverage.period_kind', 'coverage.period') }})) as first_days (first_day)
cross join
    lateral (
        values (
            coalesce(sessions.held_on, first_days.first_day),
            coalesce(sessions.held_on, {{ last_day_of_figure('coverage.period_kind', 'coverage.period', 'first_days.first_day') }})
        )
    ) as days (first_day, last_day)
where coverage.senders_in < coverage.senders_expected and coverage.area_code <> 'unknown' and of_area.metric is null
    and (coverage.period_kind = 'session' or of_province.metric is not null)
    -- as it was reported, an area is a district while there are districts, and a commune since then
    and (
        coverage.area_mode <> 'as_reported' or coverage.area_code = 'all' or exists (
            select 1 from units
            where units.code = coverage.area_code and units.valid_from <= days.last_day and units.valid_to > days.first_day
                and (units.level = 'district' or units.district_code is null)
        )
    )
