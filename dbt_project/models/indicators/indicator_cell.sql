{%- set subjects = indicator_subjects() -%}
{%- set counted = subjects_to_count(subjects) -%}
{{ config(
    materialized='incremental',
    full_refresh=false,
    on_schema_change='append_new_columns',
    contract={'enforced': var('known_at', none) is none},
    incremental_strategy='changed_cells',
    meta={'subjects': subjects},
    pre_hook="{% if is_incremental() %}{{ fill_cell_scope(subjects_to_count(config.get('meta')['subjects']), this) }}{% endif %}",
    post_hook="{% if is_incremental() %}delete from {{ source('ops', 'cell_scope') }}{% else %}{{ apply_complementary_suppression(this) }}{% endif %}"
) }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('bridge_area_analysis') }}
-- depends_on: {{ ref('fct_fair_session') }}
-- depends_on: {{ ref('protected_total') }}
-- depends_on: {{ ref('int_reporting_cutoff_date') }}
-- depends_on: {{ source('ops', 'build_scope') }} {{ source('ops', 'cell_scope') }} {{ source('ops', 'setting') }}
-- depends_on: {{ source('core', 'fair_attendance') }} {{ source('core', 'job_orders') }}
-- depends_on: {{ source('core', 'labour_survey') }} {{ source('core', 'placements') }}
-- Every figure of the reports, exact and long: one row a metric, period, area and breakdown. A build counts the subjects again that its scope can change
-- (subjects_to_count), stocks from the first year that can change on, and writes the cells that differ. What of them may be shown is bi.indicator.
with cells as (
    {{ cells_of_subjects(counted) }}
)

select
    *,
    coalesce({{ is_small('persons') }}, false) as is_suppressed
from cells
