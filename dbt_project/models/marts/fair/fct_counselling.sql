{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_attendance'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_person') }}
-- depends_on: {{ ref('dim_session') }}
-- A counselling is a visit for which the sender reports that the person was counselled. It is one row, also when the person met several firms. A visit to a
-- counselling session is not enough. Group, area and age are those of the day.
with visits as (select * from {{ ref('fct_fair_attendance') }}),

sessions as (select * from {{ ref('fct_fair_session') }})

select
    visits.visit_sk as counselling_sk,
    visits.sender_code,
    visits.period,
    visits.session_no,
    visits.batch_id,
    visits.row_no,
    visits.session_sk,
    visits.person_sk,
    visits.held_date_sk as counselled_date_sk,
    visits.area_sk,
    visits.district_code,
    case sessions.kind when 'commune_counselling' then 'commune' when 'online' then 'online' else 'fair' end as channel,
    visits.sex,
    visits.age_band,
    {{ priority_columns('visits') }},
    visits.is_border
from visits
left join sessions on visits.session_sk = sessions.session_sk
where {{ in_scope('fair_attendance', 'visits') }} and visits.is_counselled
