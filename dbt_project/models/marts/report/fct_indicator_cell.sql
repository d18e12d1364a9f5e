{{ config(incremental_strategy='append', pre_hook="{% if is_incremental() %}delete from {{ this }}{% endif %}") }}
-- depends_on: {{ ref('dim_date') }}
-- Every figure of the reports as this build counts it, exact and long: one row a metric, period, area and breakdown. Each build writes it whole. What of it may
-- be shown is bi.indicator.
{%- for subject in ['counselling', 'fairs', 'placements'] %}
select * from {{ ref('int_indicator__' ~ subject) }}
{% if not loop.last %}union all{% endif %}
{%- endfor %}
