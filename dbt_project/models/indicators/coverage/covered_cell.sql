-- Every figure with the senders behind it, exact, before small cells are hidden, and what an empty value means. A zero is shown only where all senders are in:
-- where one is missing and nothing was counted, or no sender of what is counted has reported, the figure is not received.
with cells as (select * from {{ ref('indicator_cell') }}),

missing_cells as (select * from {{ ref('missing_cell') }}),

metrics as (select * from {{ ref('feeds_of_metric') }}),

coverage as (select * from {{ ref('cell_coverage') }}),

counted_cells as (
    select
        cells.*,
        coverage.senders_expected,
        coverage.senders_in,
        coalesce(
            coverage.senders_in < coverage.senders_expected and coalesce(cells.numerator, 0) = 0
            and (coverage.senders_with_any = 0 or coalesce(cells.denominator, 0) = 0), false
        ) as is_not_received
    from cells
    left join metrics on cells.metric = metrics.metric and metrics.is_part = (cells.area_code <> 'all' or cells.breakdown <> 'all')
    left join coverage
        on metrics.feeds = coverage.feeds and cells.period_kind = coverage.period_kind and cells.period = coverage.period
            and cells.area_mode = coverage.area_mode and cells.area_code = coverage.area_code
)

select
    metric,
    period_kind,
    period,
    area_mode,
    area_code,
    area,
    breakdown,
    case when not is_not_received then numerator end as numerator,
    case when not is_not_received then denominator end as denominator,
    case when not is_not_received then value end as value,
    is_suppressed and not is_not_received as is_suppressed,
    senders_expected,
    senders_in,
    case
        when is_not_received then 'not_received'
        when is_suppressed then 'hidden'
        when value is null and {{ is_of_durations('metric') }} then 'not_reached'
        when value is null then 'not_applicable'
        when senders_in < senders_expected then 'partial'
        else 'ok'
    end as status
from counted_cells
union all
select
    metric,
    period_kind,
    period,
    area_mode,
    area_code,
    area,
    'all' as breakdown,
    null as numerator,
    null as denominator,
    null as value,
    false as is_suppressed,
    senders_expected,
    senders_in,
    'not_received' as status
from missing_cells
