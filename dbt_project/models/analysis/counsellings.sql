-- Counsellings of persons, at a fair, online or in the commune.
with counsellings as (select * from {{ ref('fct_counselling') }}),

dates as (select * from {{ ref('dim_date') }}),

areas as (select * from {{ ref('dim_area') }})

select
    {{ analysis_key('counsellings.counselling_sk') }} as counselling_key,
    {{ analysis_key('counsellings.person_sk') }} as person_key,
    {{ analysis_key('counsellings.session_sk') }} as session_key,
    counsellings.sender_code,
    dates.month_start as counselled_month,
    counsellings.district_code,
    areas.district_name_vi,
    counsellings.channel,
    counsellings.sex,
    counsellings.age_band,
    {{ group_numbers('counsellings') }},
    1 as counsellings
from counsellings
inner join dates on counsellings.counselled_date_sk = dates.date_sk
inner join areas on counsellings.area_sk = areas.area_sk
where {{ is_visible_to_reader('counsellings.district_code') }}
