{{ config(
    materialized='incremental',
    full_refresh=false,
    on_schema_change='append_new_columns',
    contract={'enforced': var('known_at', none) is none},
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }}{% endif %}",
    post_hook="{{ apply_complementary_suppression(this) }}"
) }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('bridge_area_analysis') }}
-- depends_on: {{ ref('fct_fair_session') }}
-- depends_on: {{ ref('protected_total') }}
-- Every figure of the reports as this build counts it, exact and long: one row a metric, period, area and breakdown. Each build writes all of it. bi.indicator
-- shows what may be shown of it, after complementary suppression.
with cells as (
    select * from {{ ref('cells_counselling') }}
    union all
    select * from {{ ref('cells_coding') }}
    union all
    select * from {{ ref('cells_deliveries') }}
    union all
    select * from {{ ref('cells_durations') }}
    union all
    select * from {{ ref('cells_fairs') }}
    union all
    select * from {{ ref('cells_fill') }}
    union all
    select * from {{ ref('cells_flow') }}
    union all
    select * from {{ ref('cells_households') }}
    union all
    select * from {{ ref('cells_money') }}
    union all
    select * from {{ ref('cells_occupation') }}
    union all
    select * from {{ ref('cells_placements') }}
    union all
    select * from {{ ref('cells_plans') }}
    union all
    select * from {{ ref('cells_poverty') }}
    union all
    select * from {{ ref('cells_poverty_reduction') }}
    union all
    select * from {{ ref('cells_session_costs') }}
    union all
    select * from {{ ref('cells_stock') }}
)

select
    *,
    coalesce({{ is_small('persons') }}, false) as is_suppressed
from cells
