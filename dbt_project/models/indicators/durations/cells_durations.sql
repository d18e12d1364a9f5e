-- Written by hand: a median with censored cases is no sum of flags. Rows, areas and breakdowns are those of durations_measures().
with order_durations as (
    select * from {{ counted_rows('rows_order_durations') }}
),

-- read once and placed in each area mode
search_durations as materialized (
    select * from {{ counted_rows('rows_search_durations') }}
),

cases as (
    {%- for durations, median_metric, share_metric in [
        ('order_durations', 'time_to_fill', 'filled_within_90_days'), ('search_durations', 'time_to_place', 'placed_within_90_days')
    ] %}
        select
            '{{ median_metric }}' as median_metric,
            '{{ share_metric }}' as share_metric,
            in_cells.period_kind,
            in_cells.period,
            in_cells.area_mode,
            in_cells.area_code,
            in_cells.area,
            in_cells.breakdown,
            in_cells.days,
            in_cells.is_event,
            in_cells.area_weight as weight
        from {{ rows_in_cells(durations_measures(), 'rows_' ~ durations, durations) }} as in_cells
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
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
