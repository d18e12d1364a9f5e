-- From attending to starting, by session, in visits and in persons. A person of two sessions is two visits and one person; a walk-in without a number counts as
-- one of each. Totals over sessions must be taken from the measure "visits": persons do not add up.
with counted as (
    select
        visit.sender_code,
        visit.session_no,
        grouping(visit.session_no) = 1 as is_district_total,
        measure.measure,
        count(distinct measure.who) as attended,
        count(distinct measure.who) filter (where visit.is_counselled) as counselled,
        count(distinct measure.who) filter (where visit.is_interviewed) as interviewed,
        count(distinct measure.who) filter (where visit.is_passed) as passed,
        count(distinct measure.who) filter (where visit.is_offered) as offered,
        count(distinct measure.who) filter (where visit.is_accepted) as accepted,
        count(distinct measure.who) filter (where visit.is_started) as started
    from {{ ref('fct_fair_attendance') }} as visit
    cross join
        lateral (
            values ('visits', visit.visit_sk), ('persons', case when visit.person_sk = -1 then visit.visit_sk else visit.person_sk end)
        ) as measure (measure, who)
    group by grouping sets ((visit.sender_code, visit.session_no, measure.measure), (visit.sender_code, measure.measure), (measure.measure))
)

select
    coalesce(counted.sender_code, 'all') as sender_code,
    coalesce(counted.session_no, 'all') as session_no,
    session.name as session_name,
    session.kind,
    held.date_day as held_on,
    counted.measure,
    {{ suppressed('counted.attended') }} as attended,
    {{ suppressed('counted.counselled') }} as counselled,
    {{ suppressed('counted.interviewed') }} as interviewed,
    {{ suppressed('counted.passed') }} as passed,
    {{ suppressed('counted.offered') }} as offered,
    {{ suppressed('counted.accepted') }} as accepted,
    {{ suppressed('counted.started') }} as started,
    session.attendees_declared
from counted
left join {{ ref('fct_fair_session') }} as session
    on counted.sender_code = session.sender_code and counted.session_no = session.session_no
left join {{ ref('dim_date') }} as held on session.held_date_sk = held.date_sk
