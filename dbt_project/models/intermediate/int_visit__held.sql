-- Visits, in the places and periods of their session, once for each group that they are told for.
select
    visit.visit_sk,
    visit.batch_id,
    visit.row_no,
    {{ who('visit', 'visit_sk') }} as who,
    visit.is_counselled,
    visit.is_interviewed,
    visit.is_passed,
    visit.is_started,
    held.area_mode,
    held.area_code,
    held.area,
    held.area_weight,
    held.period_kind,
    held.told_period,
    told.breakdown
from {{ ref('fct_fair_attendance') }} as visit
inner join {{ ref('int_session__held') }} as held on visit.session_sk = held.session_sk
cross join lateral {{ by_priority_group('visit', [("'sex=' || visit.sex", 'true')], 'held') }} as told (breakdown, belongs)
where told.belongs and (held.period_kind <> 'session' or told.breakdown = 'all')
