-- Trades that only the province tells apart, beside the official occupation that they are counted under today.
with working as (
    select
        supply.area_mode,
        supply.area_code,
        supply.area,
        supply.occupation_detail,
        sum(supply.area_weight) as employed
    from {{ in_area_modes(ref('fct_labour_supply')) }} as supply
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'labour_survey' and supply.sender_code = latest.sender_code and supply.period = latest.period
    where supply.occupation_detail <> supply.occupation_official
    group by supply.area_mode, supply.area_code, supply.area, supply.occupation_detail
),

offered as (
    select
        area_mode,
        area_code,
        area,
        occupation_detail,
        sum(openings * area_weight) as openings
    from {{ in_area_modes(ref('fct_job_order')) }} as job_order
    where occupation_detail <> occupation_official
    group by area_mode, area_code, area, occupation_detail
),

joined as (
    select
        area_mode,
        area_code,
        area,
        occupation_detail,
        trim_scale(round(coalesce(working.employed, 0), 6)) as employed,
        trim_scale(round(coalesce(offered.openings, 0), 6)) as openings
    from working
    full join offered using (area_mode, area_code, area, occupation_detail)
)

select
    joined.area_mode,
    joined.area_code,
    joined.area,
    joined.occupation_detail as trade_code,
    trade.label_vi as trade_vi,
    trade.label_en as trade_en,
    trade.status,
    coalesce(resolution.counted_as, trade.default_target) as counted_as,
    {{ suppressed('joined.employed') }} as employed,
    joined.openings
from joined
left join {{ ref('dim_occupation') }} as trade on trade.scheme = 'LONGAN' and joined.occupation_detail = trade.code
left join {{ ref('occupation_resolution') }} as resolution
    on joined.occupation_detail = resolution.occupation_detail and current_date >= resolution.valid_from and current_date < resolution.valid_to
