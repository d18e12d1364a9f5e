-- Visits of persons to sessions. The month is that of the session.
with visits as (select * from {{ ref('fct_fair_attendance') }}),

sessions as (select * from {{ ref('dim_session') }}),

dates as (select * from {{ ref('dim_date') }}),

areas as (select * from {{ ref('dim_area') }})

select
    {{ analysis_key('visits.visit_sk') }} as visit_key,
    {{ analysis_key('visits.person_sk') }} as person_key,
    {{ analysis_key('visits.session_sk') }} as session_key,
    visits.sender_code,
    sessions.kind as session_kind,
    dates.month_start as held_month,
    visits.district_code,
    areas.district_name_vi,
    visits.sex,
    visits.age_band,
    {{ group_numbers('visits') }},
    {%- for step in ['counselled', 'interviewed', 'passed', 'offered', 'accepted', 'started'] %}
        {{ as_number('visits.is_' ~ step) }} as {{ step }},
    {%- endfor %}
    1 as visits
from visits
inner join sessions on visits.session_sk = sessions.session_sk
inner join dates on visits.held_date_sk = dates.date_sk
inner join areas on visits.area_sk = areas.area_sk
where {{ is_visible_to_reader('visits.district_code') }}
