-- Money available is what was allocated or transferred, less what was transferred away, and what was carried over into the year.
with movements as (
    select * from {{ ref('fct_budget_movement') }}
),

funds as (
    select * from {{ ref('dim_fund') }}
),

signed_movements as (
    select
        movements.*,
        funds.fund_type,
        case movements.movement
            when 'allocation' then movements.amount_vnd when 'transfer_in' then movements.amount_vnd when 'transfer_out' then -movements.amount_vnd
        end as allocated_vnd,
        case when movements.movement = 'disbursement' then movements.amount_vnd end as disbursed_vnd
    from movements
    inner join funds on movements.fund_sk = funds.fund_sk
)

select
    movement_sk as row_key,
    'fct_budget_movement' as fact,
    batch_id,
    row_no,
    budget_year::text as year,
    fund_type,
    fund_year,
    unit_code as unit,
    allocated_vnd,
    disbursed_vnd,
    coalesce(allocated_vnd, case when movement = 'carry_over_in' then amount_vnd end) as available_vnd,
    case when movement = 'carry_over_out' then amount_vnd end as carried_out_vnd,
    disbursed_vnd * (budget_year - fund_year) as disbursed_vnd_years
from signed_movements
