-- Trades that only the province tells apart, beside the official occupation that they are counted under today.
with told as (
    select
        area_mode,
        area_code,
        area,
        substring(breakdown, '^trade=(.*)$') as trade_code,
        max(value) filter (where metric = 'employed') as employed,
        max(value) filter (where metric = 'openings_ordered') as openings,
        bool_or(is_suppressed) as is_suppressed
    from {{ ref('indicator') }}
    where metric in ('employed', 'openings_ordered') and starts_with(breakdown, 'trade=')
    group by area_mode, area_code, area, breakdown
)

select
    told.area_mode,
    told.area_code,
    told.area,
    told.trade_code,
    trade.label_vi as trade_vi,
    trade.label_en as trade_en,
    trade.status,
    coalesce(resolution.counted_as, trade.default_target) as counted_as,
    told.employed,
    told.openings,
    told.is_suppressed
from told
left join {{ ref('dim_occupation') }} as trade on trade.scheme = 'LONGAN' and told.trade_code = trade.code
left join {{ ref('occupation_resolution') }} as resolution
    on told.trade_code = resolution.occupation_detail and current_date >= resolution.valid_from and current_date < resolution.valid_to
