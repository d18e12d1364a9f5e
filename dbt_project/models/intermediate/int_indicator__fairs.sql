-- What a session yields: visits, persons, and rates from stage to stage. A session is a period of its own, written sender/number; a month counts a person once.
with visits as (
    select
        visit.*,
        {{ who('visit', 'visit_sk') }} as who,
        held.year_month,
        told.breakdown
    from {{ ref('fct_fair_attendance') }} as visit
    inner join {{ ref('dim_date') }} as held on visit.held_date_sk = held.date_sk
    cross join lateral {{ by_priority_group('visit') }} as told (breakdown, belongs)
    where told.belongs
),

counted as (
    select
        visits.breakdown,
        visits.year_month,
        visits.sender_code,
        visits.session_no,
        count(distinct visits.visit_sk) as attended_visits,
        count(distinct visits.who) as attended_persons,
        count(distinct visits.who) filter (where visits.is_counselled) as counselled,
        count(distinct visits.who) filter (where visits.is_interviewed) as interviewed,
        count(distinct visits.who) filter (where visits.is_passed) as passed,
        count(distinct visits.who) filter (where visits.is_started) as started
    from visits
    group by grouping sets ((visits.breakdown, visits.year_month), (visits.breakdown, visits.sender_code, visits.session_no))
)

select
    cell.metric,
    case when counted.session_no is null then 'month' else 'session' end as period_kind,
    coalesce(counted.year_month, counted.sender_code || '/' || counted.session_no) as period,
    'as_reported' as area_mode,
    coalesce(counted.sender_code, 'all') as area_code,
    coalesce(district.name_vi, 'Toàn tỉnh') as area,
    counted.breakdown,
    cell.numerator::numeric as numerator,
    cell.denominator::numeric as denominator,
    case when cell.denominator is null then cell.numerator else {{ ratio('cell.numerator::numeric', 'cell.denominator') }} end as value,
    cell.numerator::numeric as persons
from counted
left join {{ ref('dim_area') }} as district on district.level = 'district' and counted.sender_code = district.code
cross join
    lateral (
        values
        ('attended_visits', counted.attended_visits, null),
        ('attended_persons', counted.attended_persons, null),
        ('counselled_persons', counted.counselled, null),
        ('interviewed_of_attended', counted.interviewed, counted.attended_persons),
        ('passed_of_interviewed', counted.passed, counted.interviewed),
        ('started_of_passed', counted.started, counted.passed)
    ) as cell (metric, numerator, denominator)
