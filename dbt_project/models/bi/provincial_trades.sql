-- counted_as is the official code of today.
with indicators as (select * from {{ ref('indicator') }}),

occupations as (select * from {{ ref('dim_occupation') }}),

resolutions as (select * from {{ ref('occupation_resolution') }}),

trades as (
    select
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        substring(breakdown, '^trade=(.*)$') as trade_code,
        max(value) filter (where metric = 'employed') as employed,
        max(value) filter (where metric = 'openings_ordered') as openings,
        bool_or(is_suppressed) as is_suppressed,
        {{ incomplete_metrics() }}
    from indicators
    where metric in ('employed', 'openings_ordered') and starts_with(breakdown, 'trade=')
    group by period_kind, period, area_mode, area_code, area, breakdown
)

select
    trades.period_kind,
    trades.period,
    trades.area_mode,
    trades.area_code,
    trades.area,
    trades.trade_code,
    occupations.label_vi as trade_vi,
    occupations.label_en as trade_en,
    occupations.status,
    coalesce(resolutions.counted_as, occupations.default_target) as counted_as,
    trades.employed,
    trades.openings,
    trades.is_suppressed,
    trades.partial_metrics,
    trades.not_received_metrics
from trades
left join occupations on occupations.scheme = 'LONGAN' and trades.trade_code = occupations.code
left join resolutions
    on trades.trade_code = resolutions.occupation_detail and {{ today() }} >= resolutions.valid_from and {{ today() }} < resolutions.valid_to
