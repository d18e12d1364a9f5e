select
    session_sk as row_key,
    'fct_fair_session' as fact,
    batch_id,
    row_no,
    area_sk,
    district_code,
    session,
    month,
    half,
    year,
    cost_settled_vnd is null as is_unsettled,
    cost_settled_vnd / 1000000.0 as cost_million_vnd
from {{ ref('int_sessions__with_periods') }}
