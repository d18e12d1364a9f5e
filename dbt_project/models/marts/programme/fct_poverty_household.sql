{{ config(incremental_strategy='replace_batch', meta={'feed': 'poverty_register'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_household') }}
-- One row a household and register vintage. Vintages stand side by side: two of one year, and two standards, are never added up.
select
    {{ surrogate_key(['household.sender_code', 'household.period', 'household.household_no']) }} as household_sk,
    household.sender_code,
    household.period,
    household.batch_id,
    household.row_no,
    household.period as vintage,
    household.standard_version,
    to_char(household.as_of_date, 'YYYYMMDD')::int as as_of_date_sk,
    household.district_code,
    coalesce(area.area_sk, -1) as area_sk,
    household.status,
    household.status = 'poor' as is_poor,
    household.status = 'near_poor' as is_near_poor,
    household.status = 'newly_escaped' as is_newly_escaped,
    coalesce(household.working_age_members > 0, false) as has_working_age,
    household.members,
    household.working_age_members
from {{ ref('stg_poverty_register__household') }} as household
left join {{ ref('int_area__keyed') }} as area
    on area.level = 'commune' and household.commune_code = area.code
        and household.as_of_date >= area.valid_from and household.as_of_date < area.valid_to
where {{ in_scope('poverty_register', 'household') }}
