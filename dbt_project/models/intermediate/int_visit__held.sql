-- Visits with the month of their session, once for each group that they are told for.
select
    visit.*,
    {{ who('visit', 'visit_sk') }} as who,
    held.year_month,
    told.breakdown
from {{ ref('fct_fair_attendance') }} as visit
inner join {{ ref('dim_date') }} as held on visit.held_date_sk = held.date_sk
cross join lateral {{ by_priority_group('visit', [("'sex=' || visit.sex", 'true')]) }} as told (breakdown, belongs)
where told.belongs
