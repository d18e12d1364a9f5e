select
    {{ surrogate_key(['session_sk', 'fund']) }} as row_key,
    'fct_fair_session' as fact,
    batch_id,
    row_no,
    area_sk,
    district_code,
    year,
    fund,
    kind,
    cost_settled_vnd
from {{ ref('int_session_costs__by_fund') }}
