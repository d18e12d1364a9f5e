{{ config(incremental_strategy='replace_batch', meta={'feed': 'fair_attendance'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_person') }}
-- One row a counselling of a person, at a fair or in a commune: a visit of which the sender says that the person was counselled, once however many firms the
-- person spoke to. To have been at a counselling session is not enough. Group, area and age are those of the day.
select
    visit.visit_sk as counselling_sk,
    visit.sender_code,
    visit.period,
    visit.session_no,
    visit.batch_id,
    visit.row_no,
    visit.session_sk,
    visit.person_sk,
    visit.held_date_sk as counselled_date_sk,
    visit.area_sk,
    visit.district_code,
    case session.kind when 'commune_counselling' then 'commune' when 'online' then 'online' else 'fair' end as channel,
    visit.sex,
    visit.age_band,
    {{ priority_columns('visit') }},
    visit.is_border
from {{ ref('fct_fair_attendance') }} as visit
left join {{ ref('fct_fair_session') }} as session on visit.session_sk = session.session_sk
where {{ in_scope('fair_attendance', 'visit') }} and visit.is_counselled
