-- Sessions with their costs. They are public events, so they keep their day and commune; the name is free text and is left out.
with sessions as (select * from {{ ref('fct_fair_session') }}),

dates as (select * from {{ ref('dim_date') }}),

areas as (select * from {{ ref('dim_area') }})

select
    {{ analysis_key('sessions.session_sk') }} as session_key,
    sessions.sender_code,
    sessions.kind,
    dates.date_day as held_on,
    dates.month_start as held_month,
    sessions.district_code,
    areas.district_name_vi,
    areas.code as commune_code,
    areas.name_vi as commune_name_vi,
    sessions.subproject_4_3_share_pct,
    sessions.cost_planned_vnd,
    sessions.cost_settled_vnd,
    sessions.employers_declared,
    sessions.attendees_declared,
    1 as sessions
from sessions
inner join dates on sessions.held_date_sk = dates.date_sk
inner join areas on sessions.area_sk = areas.area_sk
where {{ is_visible_to_reader('sessions.district_code') }}
