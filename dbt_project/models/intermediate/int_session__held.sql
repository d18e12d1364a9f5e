-- Sessions, once for each period that tells of them.
select
    session.*,
    within.period_kind,
    within.period as told_period,
    within.area_code
from {{ ref('fct_fair_session') }} as session
inner join {{ ref('dim_date') }} as held on session.held_date_sk = held.date_sk
cross join lateral {{ periods_of_session('session', 'held.date_day') }} as within (period_kind, period, area_code)
