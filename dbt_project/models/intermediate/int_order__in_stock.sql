-- Orders that are open on the last day of a period, in each place, as a whole and by occupation (of a quarter).
select
    orders.*,
    ends.period_kind,
    ends.period as told_period,
    ends.knows_wishes,
    told.breakdown
from {{ in_places(ref('int_order__lasting')) }} as orders
inner join {{ ref('int_day__stock') }} as ends on orders.posted_on <= ends.last_day and orders.ended_on > ends.last_day
cross join lateral (values ('all', true), ('occupation=' || orders.occupation_code, ends.period_kind = 'quarter')) as told (breakdown, belongs)
where told.belongs
