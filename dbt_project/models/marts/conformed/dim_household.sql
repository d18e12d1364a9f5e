{{ config(incremental_strategy='merge_and_remove', unique_key='household_sk') }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- A household number is valid within one vintage only, and stays in core.
with registered as (select * from {{ ref('stg_poverty_register__household') }}),

areas as (select * from {{ ref('int_areas__keyed') }}),

households as (
    select
        {{ surrogate_key(['registered.sender_code', 'registered.period', 'registered.household_no']) }} as household_sk,
        registered.sender_code,
        registered.period as vintage,
        registered.standard_version,
        registered.as_of_date,
        registered.district_code,
        coalesce(areas.area_sk, -1) as area_sk,
        case when registered.members >= 7 then '7+' else registered.members::text end as size_band,
        registered.batch_id
    from registered
    left join areas on {{ is_commune_on('areas', 'registered.commune_code', 'registered.as_of_date') }}
    where {{ in_scope('poverty_register', 'registered') }}
)

{{ with_special_members('households', {
    'household_sk': 'key',
    'sender_code': 'code',
    'vintage': 'code',
    'standard_version': 'code',
    'as_of_date': 'empty',
    'district_code': 'code',
    'area_sk': 'key',
    'size_band': 'code',
    'batch_id': 'key',
}, members=['unknown']) }}
