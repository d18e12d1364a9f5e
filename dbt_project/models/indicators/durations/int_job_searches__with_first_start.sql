-- Persons with their first registration (a stated wish for work or a visit to a session) and the first start on or after it.
with dates as (
    select * from {{ ref('dim_date') }}
),

placements as (
    select * from {{ ref('fct_placement') }}
),

supply as (
    select * from {{ ref('fct_labour_supply') }}
),

visits as (
    select * from {{ ref('fct_fair_attendance') }}
),

registrations as (
    select
        'fct_labour_supply' as fact,
        supply.supply_sk as row_sk,
        supply.person_sk,
        supply.area_sk,
        supply.district_code,
        supply.batch_id,
        supply.row_no,
        supply.surveyed_date_sk as date_sk,
        {{ priority_columns('supply') }},
        supply.is_border,
        supply.sex
    from supply
    where supply.wants_job and supply.person_sk > 0
    union all
    select
        'fct_fair_attendance' as fact,
        visits.visit_sk as row_sk,
        visits.person_sk,
        visits.area_sk,
        visits.district_code,
        visits.batch_id,
        visits.row_no,
        visits.held_date_sk as date_sk,
        {{ priority_columns('visits') }},
        visits.is_border,
        visits.sex
    from visits
    where visits.person_sk > 0
),

first_registrations as (
    select distinct on (registrations.person_sk)
        registrations.*,
        dates.date_day as registered_on
    from registrations
    inner join dates on registrations.date_sk = dates.date_sk
    where dates.date_sk > 0
    order by registrations.person_sk asc, dates.date_day asc, registrations.row_sk asc
),

first_starts as (
    select distinct on (first_registrations.person_sk)
        first_registrations.person_sk,
        dates.date_day as started_on,
        placements.batch_id,
        placements.row_no
    from first_registrations
    inner join placements on first_registrations.person_sk = placements.person_sk
    inner join dates on placements.start_date_sk = dates.date_sk and first_registrations.registered_on <= dates.date_day
    order by first_registrations.person_sk asc, dates.date_day asc, placements.placement_sk asc
)

select
    first_registrations.*,
    first_starts.started_on,
    first_starts.batch_id as start_batch_id,
    first_starts.row_no as start_row_no
from first_registrations
left join first_starts on first_registrations.person_sk = first_starts.person_sk
