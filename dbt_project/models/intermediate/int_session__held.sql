-- Sessions, in each place where they are told and once for each period that tells of them: a session by itself, written sender/number, and its month,
-- half-year and year. By itself it is told where it was held and not of the province.
select
    session.*,
    within.period_kind,
    within.told_period
from {{ in_places(ref('fct_fair_session')) }} as session
inner join {{ ref('dim_date') }} as held on session.held_date_sk = held.date_sk
cross join
    lateral (
        values
        ('session', session.sender_code || '/' || session.session_no, session.area_code <> 'all'),
        ('month', held.year_month, true),
        ('half', held.year || case when held.month <= 6 then '-H1' else '-H2' end, true),
        ('year', held.year::text, true)
    ) as within (period_kind, told_period, belongs)
where within.belongs
