{{ config(incremental_strategy='merge', unique_key='household_sk') }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- Households by register vintage: a household's number holds within one vintage only, and stays in core.
select
    {{ surrogate_key(['household.sender_code', 'household.period', 'household.household_no']) }} as household_sk,
    household.sender_code,
    household.period as vintage,
    household.standard_version,
    household.as_of_date,
    household.district_code,
    coalesce(area.area_sk, -1) as area_sk,
    case when household.members >= 7 then '7+' else household.members::text end as size_band,
    household.batch_id
from {{ ref('stg_poverty_register__household') }} as household
left join {{ ref('int_area__keyed') }} as area
    on area.level = 'commune' and household.commune_code = area.code
        and household.as_of_date >= area.valid_from and household.as_of_date < area.valid_to
where {{ in_scope('poverty_register', 'household') }}
union all
select
    -1,
    'unknown',
    'unknown',
    'unknown',
    null,
    'unknown',
    -1,
    'unknown',
    -1
