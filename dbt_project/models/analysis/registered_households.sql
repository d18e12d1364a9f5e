-- Households of the poverty register, one row for each household and vintage.
with registered as (select * from {{ ref('fct_poverty_household') }}),

households as (select * from {{ ref('dim_household') }}),

dates as (select * from {{ ref('dim_date') }}),

areas as (select * from {{ ref('dim_area') }})

select
    {{ analysis_key('registered.household_sk') }} as household_key,
    registered.vintage,
    registered.standard_version,
    dates.date_day as as_of_date,
    registered.district_code,
    areas.district_name_vi,
    areas.code as commune_code,
    areas.name_vi as commune_name_vi,
    registered.status,
    households.size_band as members_band,
    {{ as_number('registered.is_poor') }} as poor_households,
    {{ as_number('registered.is_near_poor') }} as near_poor_households,
    {{ as_number('registered.is_newly_escaped') }} as newly_escaped_households,
    {{ as_number('registered.has_working_age') }} as households_with_working_age,
    1 as households
from registered
inner join households on registered.household_sk = households.household_sk
inner join dates on registered.as_of_date_sk = dates.date_sk
inner join areas on registered.area_sk = areas.area_sk
where {{ is_visible_to_reader('registered.district_code') }}
