-- How long it takes, with cases that are still open counted for as long as they were open (Kaplan-Meier): from an order to its filling, by the quarter in which
-- it was posted, and from a person's first registration (a stated wish or a visit to a session) to the first start after it, by the year of registration.
with orders as (
    select
        job_order.*,
        to_char(posted.date_day, 'YYYY-"Q"Q') as cohort,
        coalesce(job_order.close_reason = 'filled', false) as is_event,
        coalesce(closed.date_day, known.day) - posted.date_day as days,
        case when occupation.level = 2 then occupation.code else 'unknown' end as occupation_code
    from {{ ref('fct_job_order') }} as job_order
    inner join {{ ref('dim_date') }} as posted on job_order.posted_date_sk = posted.date_sk
    left join {{ ref('dim_date') }} as closed on job_order.closed_date_sk = closed.date_sk
    inner join {{ ref('dim_occupation') }} as occupation on job_order.occupation_sk = occupation.occupation_sk
    cross join {{ ref('int_day__told') }} as known
),

registrations as (
    select
        person_sk,
        area_sk,
        district_code,
        surveyed_date_sk as date_sk,
        is_poor,
        is_near_poor,
        is_newly_escaped,
        is_disabled,
        is_ethnic_minority,
        sex
    from {{ ref('fct_labour_supply') }}
    where wants_job and person_sk > 0
    union all
    select
        person_sk,
        area_sk,
        district_code,
        held_date_sk,
        is_poor,
        is_near_poor,
        is_newly_escaped,
        is_disabled,
        is_ethnic_minority,
        sex
    from {{ ref('fct_fair_attendance') }}
    where person_sk > 0
),

registered as (
    select distinct on (registrations.person_sk)
        registrations.*,
        day.date_day as registered_on
    from registrations
    inner join {{ ref('dim_date') }} as day on registrations.date_sk = day.date_sk
    where day.date_day is not null
    order by registrations.person_sk asc, day.date_day asc
),

seekers as (
    select
        registered.*,
        to_char(registered.registered_on, 'YYYY') as period,
        first_start.day is not null as is_event,
        coalesce(first_start.day, known.day) - registered.registered_on as days
    from registered
    cross join {{ ref('int_day__told') }} as known
    left join lateral (
        select min(started.date_day) as day
        from {{ ref('fct_placement') }} as placement
        inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk
        where placement.person_sk = registered.person_sk and started.date_day >= registered.registered_on
    ) as first_start on true
),

cases as (
    select
        'time_to_fill' as metric,
        'quarter' as period_kind,
        orders.cohort as period,
        orders.area_mode,
        orders.area_code,
        orders.area,
        told.breakdown,
        orders.days,
        orders.is_event,
        orders.area_weight as weight
    from {{ in_places('orders') }} as orders
    cross join
        lateral (values ('all', true), ('occupation=' || orders.occupation_code, orders.area_code = 'all')) as told (breakdown, belongs)
    where told.belongs and orders.days >= 0
    union all
    select
        'time_to_place',
        'year',
        seekers.period,
        seekers.area_mode,
        seekers.area_code,
        seekers.area,
        told.breakdown,
        seekers.days,
        seekers.is_event,
        seekers.area_weight
    from {{ in_places('seekers') }} as seekers
    cross join lateral {{ by_priority_group('seekers', [("'sex=' || seekers.sex", 'true')]) }} as told (breakdown, belongs)
    where told.belongs and seekers.days >= 0
)

select
    cell.metric,
    curve.period_kind,
    curve.period,
    curve.area_mode,
    curve.area_code,
    curve.area,
    curve.breakdown,
    {{ whole('curve.events') }} as numerator,
    {{ whole('curve.cases') }} as denominator,
    cell.value,
    case when curve.metric = 'time_to_place' then {{ fewest(['curve.events', 'curve.cases - curve.events']) }} end as persons
from {{ kaplan_meier('cases', ['metric', 'period_kind', 'period', 'area_mode', 'area_code', 'area', 'breakdown']) }} as curve
cross join
    lateral (
        values
        (curve.metric, curve.median_days::numeric),
        (case curve.metric when 'time_to_fill' then 'filled' else 'placed' end || '_within_90_days', round(curve.by_day, 4))
    ) as cell (metric, value)
