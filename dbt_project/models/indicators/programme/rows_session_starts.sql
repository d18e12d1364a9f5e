with costs as (
    select * from {{ ref('int_session_costs__by_fund') }}
),

starts as (
    select * from {{ ref('rows_confirmed_starts') }}
)

select
    {{ surrogate_key(['starts.row_key', 'costs.fund']) }} as row_key,
    starts.fact,
    starts.batch_id,
    starts.row_no,
    costs.area_sk,
    costs.district_code,
    costs.year,
    costs.fund,
    costs.kind,
    costs.fund_share_pct / 100.0 as fund_share
from costs
inner join starts on costs.session_sk = starts.session_sk
