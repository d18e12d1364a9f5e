-- How long each person took from the first registration (a stated wish or a visit to a session) to the first start after it, or has been waiting so far: a case
-- of the year of registration, with the row that tells of the registration.
with registrations as (
    select
        'fct_labour_supply' as fact,
        supply_sk as row_sk,
        person_sk,
        area_sk,
        district_code,
        batch_id,
        row_no,
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
        'fct_fair_attendance',
        visit_sk,
        person_sk,
        area_sk,
        district_code,
        batch_id,
        row_no,
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
    order by registrations.person_sk asc, day.date_day asc, registrations.row_sk asc
)

select
    registered.*,
    to_char(registered.registered_on, 'YYYY') as cohort,
    first_start.day is not null as is_event,
    coalesce(first_start.day, known.day) - registered.registered_on as days,
    first_start.batch_id as start_batch_id,
    first_start.row_no as start_row_no
from registered
cross join {{ ref('int_day__told') }} as known
left join lateral (
    select
        started.date_day as day,
        placement.batch_id,
        placement.row_no
    from {{ ref('fct_placement') }} as placement
    inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk
    where placement.person_sk = registered.person_sk and started.date_day >= registered.registered_on
    order by started.date_day asc, placement.placement_sk asc
    limit 1
) as first_start on true
