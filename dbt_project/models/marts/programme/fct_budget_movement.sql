{{ config(incremental_strategy='replace_batch', meta={'feed': 'budget_movements'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- One row a movement of programme money. Carried money keeps the year that it belongs to (fund_year) beside the year in which it moves (budget_year).
select
    {{ surrogate_key(['movement.sender_code', 'movement.unit_code', 'movement.movement_no']) }} as movement_sk,
    movement.sender_code,
    movement.period,
    movement.batch_id,
    movement.row_no,
    movement.movement_no,
    coalesce(unit.unit_sk, -1) as unit_sk,
    movement.unit_code,
    case when movement.activity is null then -2 else coalesce(activity.activity_sk, -1) end as activity_sk,
    coalesce(fund.fund_sk, -1) as fund_sk,
    movement.movement,
    movement.budget_year::int as budget_year,
    movement.fund_year::int as fund_year,
    to_char(movement.moved_on, 'YYYYMMDD')::int as moved_date_sk,
    movement.amount_vnd,
    case
        when movement.movement in ('allocation', 'transfer_in', 'carry_over_in', 'recovery') then movement.amount_vnd
        else -movement.amount_vnd
    end as balance_change_vnd,
    movement.treasury_ref
from {{ ref('stg_budget_movements__movement') }} as movement
left join {{ ref('dim_reporting_unit') }} as unit
    on movement.unit_code = unit.unit_code and movement.moved_on >= unit.valid_from and movement.moved_on < unit.valid_to
left join {{ ref('dim_programme_activity') }} as activity on movement.activity = activity.activity_code
left join {{ ref('dim_fund') }} as fund
    on movement.fund_type = fund.fund_type and coalesce(movement.fund_source, 'not_told') = fund.fund_source
where {{ in_scope('budget_movements', 'movement') }}
