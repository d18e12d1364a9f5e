{{ config(
    materialized='incremental',
    full_refresh=false,
    on_schema_change='append_new_columns',
    contract={'enforced': var('known_at', none) is none},
    incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }}{% endif %}",
    post_hook="{{ hide_what_gives_away(this) }}"
) }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('bridge_area_analysis') }}
-- depends_on: {{ ref('fct_fair_session') }}
-- Every figure of the reports as this build counts it, exact and long: one row a metric, period, area and breakdown. Each build writes it whole. What of it may
-- be shown is bi.indicator.
with cells as (
    select * from {{ ref('int_indicator__counselling') }}
    union all
    select * from {{ ref('int_indicator__durations') }}
    union all
    select * from {{ ref('int_indicator__fairs') }}
    union all
    select * from {{ ref('int_indicator__households') }}
    union all
    select * from {{ ref('int_indicator__job_market') }}
    union all
    select * from {{ ref('int_indicator__occupation') }}
    union all
    select * from {{ ref('cells_placements') }}
    union all
    select * from {{ ref('int_indicator__poverty') }}
    union all
    select * from {{ ref('int_indicator__programme') }}
    union all
    select * from {{ ref('int_indicator__quality') }}
)

select
    *,
    coalesce({{ is_small('persons') }}, false) as is_suppressed
from cells
