-- What was stated of an indicator, as it was written, beside what is counted of it now. Several statements of one figure stand side by side.
with beside as (
    select
        stated.*,
        definition.label_vi,
        definition.label_en,
        case stated.part when 'numerator' then cell.numerator when 'denominator' then cell.denominator else cell.value end as counted
    from {{ ref('stg_ops__stated_figure') }} as stated
    left join {{ ref('metric_definition') }} as definition on stated.metric = definition.metric
    left join {{ ref('indicator') }} as cell
        on stated.metric = cell.metric and stated.period_kind = cell.period_kind and stated.period = cell.period
            and stated.area_mode = cell.area_mode and stated.area_code = cell.area_code and stated.breakdown = cell.breakdown
)

select
    metric,
    label_vi,
    label_en,
    period_kind,
    period,
    area_mode,
    area_code,
    breakdown,
    part,
    as_written,
    value as stated,
    bound,
    stated_by,
    stated_on,
    said_of,
    source,
    counted,
    ops.agrees(counted, value, bound, step) as agrees
from beside
