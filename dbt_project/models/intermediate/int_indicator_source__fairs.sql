-- The rows behind what sessions yield.
with telling as (
    select
        cell.metric,
        visit.period_kind,
        visit.told_period,
        visit.area_mode,
        visit.area_code,
        visit.breakdown,
        cell.part,
        'fct_fair_attendance' as fact,
        visit.batch_id,
        visit.row_no,
        cell.unit,
        visit.area_weight as amount
    from {{ ref('int_visit__held') }} as visit
    cross join
        lateral (
            values
            ('attended_visits', 'numerator', visit.visit_sk, true),
            ('attended_persons', 'numerator', visit.who, true),
            ('counselled_persons', 'numerator', visit.who, visit.is_counselled),
            ('interviewed_of_attended', 'numerator', visit.who, visit.is_interviewed),
            ('interviewed_of_attended', 'denominator', visit.who, true),
            ('passed_of_interviewed', 'numerator', visit.who, visit.is_passed),
            ('passed_of_interviewed', 'denominator', visit.who, visit.is_interviewed),
            ('started_of_passed', 'numerator', visit.who, visit.is_started),
            ('started_of_passed', 'denominator', visit.who, visit.is_passed),
            ('started_per_employer', 'numerator', visit.who, visit.is_started and visit.breakdown = 'all'),
            ('started_per_million_vnd', 'numerator', visit.who, visit.is_started and visit.breakdown = 'all')
        ) as cell (metric, part, unit, belongs)
    where cell.belongs
    union all
    select
        cell.metric,
        session.period_kind,
        session.told_period,
        session.area_mode,
        session.area_code,
        'all',
        cell.part,
        'fct_fair_session',
        session.batch_id,
        session.row_no,
        session.session_sk,
        cell.amount
    from {{ ref('int_session__held') }} as session
    cross join
        lateral (
            values
            ('sessions', 'numerator', session.area_weight),
            ('started_per_million_vnd', 'denominator', session.cost_settled_vnd * session.area_weight / 1000000.0)
        ) as cell (metric, part, amount)
    where cell.amount is not null
    union all
    select
        cell.metric,
        session.period_kind,
        session.told_period,
        session.area_mode,
        session.area_code,
        'all',
        cell.part,
        'fct_fair_interview',
        talk.batch_id,
        talk.row_no,
        talk.employer_sk,
        session.area_weight
    from {{ ref('int_session__held') }} as session
    inner join {{ ref('fct_fair_interview') }} as talk on session.session_sk = talk.session_sk and talk.employer_sk > 0
    cross join (values ('employers_at_sessions', 'numerator'), ('started_per_employer', 'denominator')) as cell (metric, part)
)

select
    metric,
    period_kind,
    told_period as period,
    area_mode,
    area_code,
    breakdown,
    part,
    fact,
    batch_id,
    row_no,
    unit,
    amount
from telling
