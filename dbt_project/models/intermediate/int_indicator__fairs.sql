-- What a session yields: visits, persons, rates from stage to stage, and starts for its employers and money, where it was held. A session is a period of its
-- own, written sender/number; a month, a half-year and a year count a person and an employer once in a place.
with persons as (
    select
        period_kind,
        told_period as period,
        area_mode,
        area_code,
        area,
        breakdown,
        who,
        sum(area_weight) as visits,
        max(area_weight) as attended,
        max(area_weight) filter (where is_counselled) as counselled,
        max(area_weight) filter (where is_interviewed) as interviewed,
        max(area_weight) filter (where is_passed) as passed,
        max(area_weight) filter (where is_started) as started
    from {{ ref('int_visit__held') }}
    group by period_kind, told_period, area_mode, area_code, area, breakdown, who
),

counted as (
    select
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(visits)') }} as visits,
        {{ whole('sum(attended)') }} as attended,
        {{ whole('sum(counselled)') }} as counselled,
        {{ whole('sum(interviewed)') }} as interviewed,
        {{ whole('sum(passed)') }} as passed,
        {{ whole('sum(started)') }} as started,
        -- each figure can be worked out from the others, so the funnel is shown whole or not at all; persons and no weights decide, so that a session that
        -- several communes of today share is hidden in none of them or in all
        {{ fewest([
            'count(*) - count(interviewed)', 'count(interviewed) - count(passed)', 'count(passed) - count(started)', 'count(started)'
        ]) }} as persons
    from persons
    group by period_kind, period, area_mode, area_code, area, breakdown
),

sessions as (
    select
        period_kind,
        told_period as period,
        area_mode,
        area_code,
        area,
        {{ whole('sum(area_weight)') }} as sessions,
        -- one session whose cost is not settled yet leaves that of its month unknown
        case when bool_and(cost_settled_vnd is not null) then {{ whole('sum(cost_settled_vnd * area_weight / 1000000.0)') }} end as cost_million_vnd
    from {{ ref('int_session__held') }}
    group by period_kind, told_period, area_mode, area_code, area
),

talks as (
    select distinct
        session_sk,
        employer_sk
    from {{ ref('fct_fair_interview') }}
    where employer_sk > 0
),

met as (
    select
        session.period_kind,
        session.told_period as period,
        session.area_mode,
        session.area_code,
        talk.employer_sk,
        max(session.area_weight) as area_weight
    from {{ ref('int_session__held') }} as session
    inner join talks as talk on session.session_sk = talk.session_sk
    group by session.period_kind, session.told_period, session.area_mode, session.area_code, talk.employer_sk
),

employers as (
    select
        period_kind,
        period,
        area_mode,
        area_code,
        {{ whole('sum(area_weight)') }} as employers
    from met
    group by period_kind, period, area_mode, area_code
)

select
    cell.metric,
    counted.period_kind,
    counted.period,
    counted.area_mode,
    counted.area_code,
    counted.area,
    counted.breakdown,
    cell.numerator,
    cell.denominator,
    case when cell.denominator is null then cell.numerator else {{ ratio('cell.numerator', 'cell.denominator') }} end as value,
    counted.persons
from counted
cross join
    lateral (
        values
        ('attended_visits', counted.visits, null),
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
    area_mode,
    area_code,
    sessions.area,
    'all',
    cell.numerator,
    cell.denominator,
    case when cell.is_count then cell.numerator else {{ ratio('cell.numerator', 'cell.denominator', 2) }} end,
    -- a start per employer tells of the last step of the funnel, and is hidden with it
    case when not cell.is_count then counted.persons end
from sessions
left join employers using (period_kind, period, area_mode, area_code)
left join counted using (period_kind, period, area_mode, area_code)
cross join
    lateral (
        values
        ('sessions', sessions.sessions, null, true),
        ('employers_at_sessions', coalesce(employers.employers, 0), null, true),
        ('started_per_employer', coalesce(counted.started, 0), employers.employers, false),
        ('started_per_million_vnd', coalesce(counted.started, 0), sessions.cost_million_vnd, false)
    ) as cell (metric, numerator, denominator, is_count)
where coalesce(counted.breakdown, 'all') = 'all'
