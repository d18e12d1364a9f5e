-- Wishes that live on the last day of a period, in each place, for each group that they are told for and by occupation (of a quarter).
select
    wishes.*,
    ends.period_kind,
    ends.period as told_period,
    ends.knows_orders,
    told.breakdown
from {{ in_places(ref('int_wish__lasting')) }} as wishes
inner join {{ ref('int_day__stock') }} as ends on wishes.wished_on <= ends.last_day and wishes.ended_on > ends.last_day
cross join
    lateral {{ by_priority_group('wishes', [
        ("'sex=' || wishes.sex", 'true'), ("'occupation=' || wishes.occupation_code", "ends.period_kind = 'quarter'")
    ]) }} as told (breakdown, belongs)
where told.belongs
