{{ config(incremental_strategy='replace_batch', meta={'feed': 'budget_movements'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- Money that was carried over keeps the year that it belongs to (fund_year) when it moves in a later year (budget_year).
with movements as (select * from {{ ref('stg_budget_movements__movement') }}),

units as (select * from {{ ref('dim_reporting_unit') }}),

activities as (select * from {{ ref('dim_programme_activity') }}),

funds as (select * from {{ ref('dim_fund') }})

select
    {{ surrogate_key(['movements.sender_code', 'movements.unit_code', 'movements.movement_no']) }} as movement_sk,
    movements.sender_code,
    movements.period,
    movements.batch_id,
    movements.row_no,
    movements.movement_no,
    coalesce(units.unit_sk, -1) as unit_sk,
    movements.unit_code,
    case when movements.activity is null then -2 else coalesce(activities.activity_sk, -1) end as activity_sk,
    coalesce(funds.fund_sk, -1) as fund_sk,
    movements.movement,
    movements.budget_year::int as budget_year,
    movements.fund_year::int as fund_year,
    to_char(movements.moved_on, 'YYYYMMDD')::int as moved_date_sk,
    movements.amount_vnd,
    case
        when movements.movement in ('allocation', 'transfer_in', 'carry_over_in', 'recovery') then movements.amount_vnd
        else -movements.amount_vnd
    end as balance_change_vnd,
    movements.treasury_ref
from movements
left join units on movements.unit_code = units.unit_code and movements.moved_on >= units.valid_from and movements.moved_on < units.valid_to
left join activities on movements.activity = activities.activity_code
left join funds on movements.fund_type = funds.fund_type and coalesce(movements.fund_source, 'not_stated') = funds.fund_source
where {{ in_scope('budget_movements', 'movements') }}
