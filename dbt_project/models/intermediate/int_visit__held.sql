-- Visits, once for each period that tells of them and each group that they are told for.
select
    visit.*,
    {{ who('visit', 'visit_sk') }} as who,
    within.period_kind,
    within.period as told_period,
    within.area_code,
    told.breakdown
from {{ ref('fct_fair_attendance') }} as visit
inner join {{ ref('dim_date') }} as held on visit.held_date_sk = held.date_sk
cross join lateral {{ periods_of_session('visit', 'held.date_day') }} as within (period_kind, period, area_code)
cross join lateral {{ by_priority_group('visit', [("'sex=' || visit.sex", 'true')], 'within') }} as told (breakdown, belongs)
where told.belongs and (within.period_kind <> 'session' or told.breakdown = 'all')
