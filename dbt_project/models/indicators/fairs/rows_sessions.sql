-- The cost of a session is compared with its starts, so it counts where the attendance has arrived.
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
    cost_settled_vnd is null and is_attendance_in as is_unsettled,
    case when is_attendance_in then cost_settled_vnd / 1000000.0 end as cost_million_vnd
from {{ ref('int_sessions__with_periods') }}
