-- Several statements of one figure are several rows.
with stated_figures as (select * from {{ ref('stg_ops__stated_figure') }}),

definitions as (select * from {{ ref('metric_definition') }}),

indicators as (select * from {{ ref('indicator') }}),

compared_figures as (
    select
        stated_figures.*,
        definitions.label_vi,
        definitions.label_en,
        case stated_figures.part
            when 'numerator' then indicators.numerator
            when 'denominator' then indicators.denominator
            else indicators.value
        end as counted
    from stated_figures
    left join definitions on stated_figures.metric = definitions.metric
    left join indicators
        on stated_figures.metric = indicators.metric
            and stated_figures.period_kind = indicators.period_kind and stated_figures.period = indicators.period
            and stated_figures.area_mode = indicators.area_mode and stated_figures.area_code = indicators.area_code
            and stated_figures.breakdown = indicators.breakdown
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
    time_reference,
    source,
    counted,
    ops.agrees(counted, value, bound, step) as agrees
from compared_figures
