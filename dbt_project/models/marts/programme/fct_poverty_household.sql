{{ config(incremental_strategy='replace_batch', meta={'feed': 'poverty_register'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_household') }}
-- Two vintages of one year, and two poverty standards, are never added up.
with households as (select * from {{ ref('stg_poverty_register__household') }}),

areas as (select * from {{ ref('int_areas__keyed') }})

select
    {{ surrogate_key(['households.sender_code', 'households.period', 'households.household_no']) }} as household_sk,
    households.sender_code,
    households.period,
    households.batch_id,
    households.row_no,
    households.period as vintage,
    households.standard_version,
    to_char(households.as_of_date, 'YYYYMMDD')::int as as_of_date_sk,
    households.district_code,
    coalesce(areas.area_sk, -1) as area_sk,
    households.status,
    households.status = 'poor' as is_poor,
    households.status = 'near_poor' as is_near_poor,
    households.status = 'newly_escaped' as is_newly_escaped,
    coalesce(households.working_age_members > 0, false) as has_working_age,
    households.members,
    households.working_age_members
from households
left join areas on {{ is_commune_on('areas', 'households.commune_code', 'households.as_of_date') }}
where {{ in_scope('poverty_register', 'households') }}
