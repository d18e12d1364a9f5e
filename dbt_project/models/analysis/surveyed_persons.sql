-- The persons of the labour survey, one row for each person and round.
with supply as not materialized (select * from {{ ref('fct_labour_supply') }}),

dates as (select * from {{ ref('dim_date') }}),

areas as (select * from {{ ref('dim_area') }}),

occupations as (select * from {{ ref('dim_occupation') }})

select
    {{ analysis_key('supply.supply_sk') }} as survey_row_key,
    {{ analysis_key('supply.person_sk') }} as person_key,
    supply.sender_code,
    supply.period,
    dates.month_start as surveyed_month,
    supply.district_code,
    areas.district_name_vi,
    supply.area_type,
    supply.sex,
    supply.age_band,
    supply.education_level,
    supply.qualification,
    supply.activity_status,
    supply.inactive_reason,
    supply.employment_status,
    supply.unemployed_duration,
    {{ as_number('supply.wants_job') }} as wants_job,
    {{ group_numbers('supply') }},
    {{ occupation_columns('present') }},
    {{ occupation_columns('wanted', 'wanted_occupation') }},
    1 as persons
from supply
inner join dates on supply.surveyed_date_sk = dates.date_sk
inner join areas on supply.area_sk = areas.area_sk
inner join occupations as present on supply.occupation_detail_sk = present.occupation_sk
inner join occupations as wanted on supply.wanted_occupation_detail_sk = wanted.occupation_sk
where {{ is_visible_to_reader('supply.district_code') }}
