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
        is_border,
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
        is_border,
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
),

first_starts as (
    select distinct on (registered.person_sk)
        registered.person_sk,
        started.date_day as day,
        placement.batch_id,
        placement.row_no
    from registered
    inner join {{ ref('fct_placement') }} as placement on registered.person_sk = placement.person_sk
    inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk and registered.registered_on <= started.date_day
    order by registered.person_sk asc, started.date_day asc, placement.placement_sk asc
)

select
    registered.*,
    to_char(registered.registered_on, 'YYYY') as cohort,
    first_starts.day is not null as is_event,
    coalesce(first_starts.day, known.day) - registered.registered_on as days,
    first_starts.batch_id as start_batch_id,
    first_starts.row_no as start_row_no
from registered
cross join {{ ref('int_day__told') }} as known
left join first_starts on registered.person_sk = first_starts.person_sk
