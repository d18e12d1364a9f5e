-- From attending to starting, by session and for the whole province, in visits and in persons. A person of two sessions is two visits and one person; a walk-in
-- without a number counts as one of each. Totals over sessions must be taken from the measure "visits": persons do not add up. A session is shown where
-- bi.indicator shows it; the province is not, where a year of it is hidden and could be had by subtraction.
with counted as (
    select
        visit.sender_code,
        visit.session_no,
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
    group by grouping sets ((visit.sender_code, visit.session_no, measure.measure), (measure.measure))
),

-- a session is hidden in every area mode or in none
hidden as (
    select
        case when period_kind = 'session' then period else 'all' end as shown_as,
        bool_or(is_suppressed) as is_suppressed
    from {{ ref('indicator_cell') }}
    where metric = 'attended_persons' and breakdown = 'all' and area_mode = 'as_reported'
        and (period_kind = 'session' or (period_kind = 'year' and area_code = 'all'))
    group by case when period_kind = 'session' then period else 'all' end
)

select
    coalesce(counted.sender_code, 'all') as sender_code,
    coalesce(counted.session_no, 'all') as session_no,
    session.name as session_name,
    session.kind,
    held.date_day as held_on,
    counted.measure,
    case when hidden.is_suppressed is false then {{ suppressed('counted.attended') }} end as attended,
    case when hidden.is_suppressed is false then {{ suppressed('counted.counselled') }} end as counselled,
    case when hidden.is_suppressed is false then {{ suppressed('counted.interviewed') }} end as interviewed,
    case when hidden.is_suppressed is false then {{ suppressed('counted.passed') }} end as passed,
    case when hidden.is_suppressed is false then {{ suppressed('counted.offered') }} end as offered,
    case when hidden.is_suppressed is false then {{ suppressed('counted.accepted') }} end as accepted,
    case when hidden.is_suppressed is false then {{ suppressed('counted.started') }} end as started,
    session.attendees_declared
from counted
left join {{ ref('fct_fair_session') }} as session
    on counted.sender_code = session.sender_code and counted.session_no = session.session_no
left join {{ ref('dim_date') }} as held on session.held_date_sk = held.date_sk
left join hidden on coalesce(counted.sender_code || '/' || counted.session_no, 'all') = hidden.shown_as
