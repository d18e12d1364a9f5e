-- The rows behind durations: each case, and the start that ended it.
with cases as (
    select
        'time_to_fill' as metric,
        'filled_within_90_days' as share,
        'quarter' as period_kind,
        orders.cohort as period,
        orders.area_mode,
        orders.area_code,
        told.breakdown,
        orders.is_event,
        orders.order_sk as unit,
        orders.area_weight as amount,
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
        told.breakdown,
        seekers.is_event,
        seekers.person_sk,
        seekers.area_weight,
        seekers.fact,
        seekers.batch_id,
        seekers.row_no,
        seekers.start_batch_id,
        seekers.start_row_no
    from {{ in_places(ref('int_person__search_time')) }} as seekers
    cross join lateral {{ by_priority_group('seekers', [("'sex=' || seekers.sex", 'true')]) }} as told (breakdown, belongs)
    where told.belongs and seekers.days >= 0
)

select
    cell.metric,
    cases.period_kind,
    cases.period,
    cases.area_mode,
    cases.area_code,
    cases.breakdown,
    telling.part,
    telling.fact,
    telling.batch_id,
    telling.row_no,
    cases.unit,
    cases.amount
from cases
cross join lateral (values (cases.metric), (cases.share)) as cell (metric)
cross join
    lateral (
        values
        ('denominator', cases.fact, cases.batch_id, cases.row_no, true),
        ('numerator', cases.fact, cases.batch_id, cases.row_no, cases.is_event),
        ('numerator', 'fct_placement', cases.start_batch_id, cases.start_row_no, cases.start_batch_id is not null)
    ) as telling (part, fact, batch_id, row_no, belongs)
where telling.belongs
