-- Trades that only the province tells apart, beside the official occupation that they are counted under today.
with working as (
    select
        supply.district_code,
        supply.occupation_detail,
        count(*) as employed
    from {{ ref('fct_labour_supply') }} as supply
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'labour_survey' and supply.sender_code = latest.sender_code and supply.period = latest.period
    where supply.occupation_detail <> supply.occupation_official
    group by supply.district_code, supply.occupation_detail
),

offered as (
    select
        district_code,
        occupation_detail,
        sum(openings) as openings
    from {{ ref('fct_job_order') }}
    where occupation_detail <> occupation_official
    group by district_code, occupation_detail
),

joined as (
    select
        district_code,
        occupation_detail,
        coalesce(working.employed, 0) as employed,
        coalesce(offered.openings, 0)::bigint as openings
    from working
    full join offered using (district_code, occupation_detail)
)

select
    joined.district_code,
    area.name_vi as district,
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
left join {{ ref('dim_area') }} as area on area.level = 'district' and joined.district_code = area.code
