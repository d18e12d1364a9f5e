-- Cases that take time, in each place and for each group that they are told for: from an order to its filling, by the quarter in which it was posted, and from
-- a person's first registration to the first start after it, by the year of registration. One that is still open has the days that it was open.
select
    'time_to_fill' as metric,
    'filled_within_90_days' as share,
    'quarter' as period_kind,
    orders.cohort as period,
    orders.area_mode,
    orders.area_code,
    orders.area,
    told.breakdown,
    orders.days,
    orders.is_event,
    orders.area_weight as weight,
    orders.order_sk as unit,
    'fct_job_order' as fact,
    orders.batch_id,
    orders.row_no,
    null::bigint as start_batch_id,
    null::integer as start_row_no
from {{ in_places(ref('int_order__open_time')) }} as orders
cross join
    lateral (values ('all', true), ('occupation=' || orders.occupation_code, orders.area_code = 'all')) as told (breakdown, belongs)
where told.belongs and orders.days >= 0
union all
select
    'time_to_place',
    'placed_within_90_days',
    'year',
    seekers.cohort,
    seekers.area_mode,
    seekers.area_code,
    seekers.area,
    told.breakdown,
    seekers.days,
    seekers.is_event,
    seekers.area_weight,
    seekers.person_sk,
    seekers.fact,
    seekers.batch_id,
    seekers.row_no,
    seekers.start_batch_id,
    seekers.start_row_no
from {{ in_places(ref('int_person__search_time')) }} as seekers
cross join lateral {{ by_priority_group('seekers', [("'sex=' || seekers.sex", 'true')]) }} as told (breakdown, belongs)
where told.belongs and seekers.days >= 0
