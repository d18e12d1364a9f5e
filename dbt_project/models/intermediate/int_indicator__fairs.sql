-- What a session yields: visits, persons, rates from stage to stage, and starts for its employers and money. A session is a period of its own, written
-- sender/number; a month, a half-year and a year count a person and an employer once.
with counted as (
    select
        breakdown,
        period_kind,
        told_period as period,
        area_code,
        count(distinct visit_sk) as attended_visits,
        count(distinct who) as attended,
        count(distinct who) filter (where is_counselled) as counselled,
        count(distinct who) filter (where is_interviewed) as interviewed,
        count(distinct who) filter (where is_passed) as passed,
        count(distinct who) filter (where is_started) as started
    from {{ ref('int_visit__held') }}
    group by breakdown, period_kind, told_period, area_code
),

sessions as (
    select
        period_kind,
        told_period as period,
        area_code,
        count(*) as sessions,
        -- one session whose cost is not settled yet leaves that of its month unknown
        case when bool_and(cost_settled_vnd is not null) then sum(cost_settled_vnd) end as cost_vnd
    from {{ ref('int_session__held') }}
    group by period_kind, told_period, area_code
),

employers as (
    select
        session.period_kind,
        session.told_period as period,
        session.area_code,
        count(distinct talk.employer_sk) as employers
    from {{ ref('int_session__held') }} as session
    inner join {{ ref('fct_fair_interview') }} as talk on session.session_sk = talk.session_sk and talk.employer_sk > 0
    group by session.period_kind, session.told_period, session.area_code
),

cells as (
    select
        cell.metric,
        counted.period_kind,
        counted.period,
        counted.area_code,
        counted.breakdown,
        cell.numerator,
        cell.denominator,
        4 as digits,
        -- each figure can be worked out from the others, so the funnel is shown whole or not at all
        {{ fewest([
            'counted.attended - counted.interviewed', 'counted.interviewed - counted.passed', 'counted.passed - counted.started', 'counted.started'
        ]) }} as persons
    from counted
    cross join
        lateral (
            values
            ('attended_visits', counted.attended_visits, null),
            ('attended_persons', counted.attended, null),
            ('counselled_persons', counted.counselled, null),
            ('interviewed_of_attended', counted.interviewed, counted.attended),
            ('passed_of_interviewed', counted.passed, counted.interviewed),
            ('started_of_passed', counted.started, counted.passed)
        ) as cell (metric, numerator, denominator)
    union all
    select
        cell.metric,
        period_kind,
        period,
        area_code,
        'all',
        cell.numerator,
        cell.denominator,
        2,
        cell.persons
    from sessions
    left join employers using (period_kind, period, area_code)
    left join counted using (period_kind, period, area_code)
    cross join
        lateral (
            values
            ('sessions', sessions.sessions, null, null),
            ('employers_at_sessions', coalesce(employers.employers, 0), null, null),
            ('started_per_employer', coalesce(counted.started, 0), employers.employers, counted.started),
            ('started_per_million_vnd', coalesce(counted.started, 0), sessions.cost_vnd / 1000000.0, counted.started)
        ) as cell (metric, numerator, denominator, persons)
    where coalesce(counted.breakdown, 'all') = 'all'
)

select
    cells.metric,
    cells.period_kind,
    cells.period,
    'as_reported' as area_mode,
    cells.area_code,
    coalesce(district.name_vi, 'Toàn tỉnh') as area,
    cells.breakdown,
    cells.numerator::numeric as numerator,
    cells.denominator::numeric as denominator,
    case
        when cells.metric in ('attended_visits', 'attended_persons', 'counselled_persons', 'sessions', 'employers_at_sessions') then cells.numerator
        else round(cells.numerator::numeric / nullif(cells.denominator, 0), cells.digits)
    end as value,
    cells.persons::numeric as persons
from cells
left join {{ ref('dim_area') }} as district on district.level = 'district' and cells.area_code = district.code
