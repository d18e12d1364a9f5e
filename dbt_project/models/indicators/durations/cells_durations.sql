-- Written by hand: a median with censored cases is no sum of flags. Rows, areas and breakdowns are those of durations_measures().
with order_durations as (
    select * from {{ counted_rows('rows_order_durations') }}
),

-- read once and placed in each area mode
search_durations as materialized (
    select * from {{ counted_rows('rows_search_durations') }}
),

order_cases as (
    select
        'time_to_fill' as median_metric,
        'filled_within_90_days' as share_metric,
        in_cells.period_kind,
        in_cells.period,
        in_cells.area_mode,
        in_cells.area_code,
        in_cells.area,
        in_cells.breakdown,
        in_cells.days,
        in_cells.is_event,
        in_cells.area_weight as weight
    from {{ rows_in_cells(durations_measures(), 'rows_order_durations', 'order_durations') }} as in_cells
),

search_cases as (
    select
        'time_to_place' as median_metric,
        'placed_within_90_days' as share_metric,
        in_cells.period_kind,
        in_cells.period,
        in_cells.area_mode,
        in_cells.area_code,
        in_cells.area,
        in_cells.breakdown,
        in_cells.days,
        in_cells.is_event,
        in_cells.area_weight as weight
    from {{ rows_in_cells(durations_measures(), 'rows_search_durations', 'search_durations') }} as in_cells
),

cases as (
    select
        median_metric,
        share_metric,
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        days,
        is_event,
        weight
    from order_cases
    union all
    select
        median_metric,
        share_metric,
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        days,
        is_event,
        weight
    from search_cases
),

curves as (
    select *
    from {{ kaplan_meier('cases', [
        'median_metric', 'share_metric', 'period_kind', 'period', 'area_mode', 'area_code', 'area', 'breakdown'
    ]) }} as estimates
)

select
    metrics.metric,
    curves.period_kind,
    curves.period,
    curves.area_mode,
    curves.area_code,
    curves.area,
    curves.breakdown,
    {{ rounded_sum('curves.events') }} as numerator,
    {{ rounded_sum('curves.cases') }} as denominator,
    metrics.value,
    case when curves.median_metric = 'time_to_place' then {{ smallest_group(['curves.events', 'curves.cases - curves.events']) }} end as persons
from curves
cross join
    lateral (
        values (curves.median_metric, curves.median_days::numeric), (curves.share_metric, round(curves.by_day, 4))
    ) as metrics (metric, value)
