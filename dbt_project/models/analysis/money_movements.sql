-- Movements of the programme's money.
with movements as (select * from {{ ref('fct_budget_movement') }}),

units as (select * from {{ ref('dim_reporting_unit') }}),

activities as (select * from {{ ref('dim_programme_activity') }}),

funds as (select * from {{ ref('dim_fund') }}),

dates as (select * from {{ ref('dim_date') }})

select
    {{ analysis_key('movements.movement_sk') }} as movement_key,
    movements.unit_code,
    units.label_vi as unit_vi,
    activities.activity_code,
    activities.label_vi as activity_vi,
    activities.label_en as activity_en,
    funds.fund_type,
    funds.fund_type_vi,
    funds.fund_type_en,
    funds.fund_source,
    funds.fund_source_vi,
    funds.fund_source_en,
    movements.movement,
    movements.budget_year,
    movements.fund_year,
    dates.date_day as moved_on,
    dates.month_start as moved_month,
    movements.amount_vnd,
    movements.balance_change_vnd
from movements
inner join units on movements.unit_sk = units.unit_sk
inner join activities on movements.activity_sk = activities.activity_sk
inner join funds on movements.fund_sk = funds.fund_sk
inner join dates on movements.moved_date_sk = dates.date_sk
where {{ is_visible_to_reader('movements.unit_code') }}
