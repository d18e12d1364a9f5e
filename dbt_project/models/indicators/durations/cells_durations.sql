-- Written by hand: a median with censored cases is no sum of flags. Rows, areas and breakdowns are those of durations_measures().
with order_durations as (
    select * from {{ counted_rows('rows_order_durations') }}
),

-- read once and placed in each area mode
search_durations as materialized (
    select * from {{ counted_rows('rows_search_durations') }}
),

cases as (
    {%- for durations, ending in [('order_durations', 'fill'), ('search_durations', 'place')] %}
        select
            '{{ ending }}' as ending,
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
    from {{ kaplan_meier('cases', ['ending', 'period_kind', 'period', 'area_mode', 'area_code', 'area', 'breakdown']) }} as estimates
)

-- the persons of a share are those with an event until its day, later, and not at all
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
    case when curves.ending = 'place' then metrics.persons end as persons
from curves
cross join
    lateral (
        values
        {%- for last_day in days_of_shares() %}
            (
                case curves.ending when 'fill' then 'filled' else 'placed' end || '_within_{{ last_day }}_days',
                round(curves.by_{{ last_day }}, 4),
                {{ smallest_group(['curves.events_by_' ~ last_day, 'curves.events - curves.events_by_' ~ last_day, 'curves.cases - curves.events']) }}
            ),
        {%- endfor %}
        ('time_to_' || curves.ending, curves.median_days::numeric, {{ smallest_group(['curves.events', 'curves.cases - curves.events']) }}),
        ('time_to_' || curves.ending || '_p25', curves.quartile_days::numeric, {{ smallest_group(['curves.events', 'curves.cases - curves.events']) }})
    ) as metrics (metric, value, persons)
