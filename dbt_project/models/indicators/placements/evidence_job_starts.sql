-- The check that states an outcome, by kind of check; and, as kind occupation, what gave the start its occupation: the order, else the job named by its
-- checks, and the employer's record where its industry decided.
with placements as (
    select * from {{ ref('fct_placement') }}
),

job_orders as (
    select * from {{ ref('fct_job_order') }}
),

matched_placements as (
    select * from {{ ref('int_placements__matched_to_attendances') }}
),

sent_checks as (
    select * from {{ ref('stg_placements__check') }}
),

employers as (
    select * from {{ ref('dim_employer') }}
),

registrations as (
    select * from {{ ref('stg_employers__employer') }}
),

checks as (
    select
        {{ surrogate_key(['matched.attendance_sender_code', 'matched.session_no', 'matched.attendance_no']) }} as placement_sk,
        sent_checks.check_kind,
        sent_checks.batch_id,
        sent_checks.row_no
    from matched_placements as matched
    inner join sent_checks on matched.sender_code = sent_checks.sender_code and matched.placement_no = sent_checks.placement_no
    union all
    select
        {{ surrogate_key(['sender_code', 'placement_no']) }} as placement_sk,
        check_kind,
        batch_id,
        row_no
    from sent_checks
),

occupation_records as (
    select
        placements.placement_sk,
        records.fact,
        records.batch_id,
        records.row_no
    from placements
    left join job_orders on placements.order_sk = job_orders.order_sk
    left join employers
        on
            placements.coding_method = 'industry_assisted'
            and case when placements.occupation_source = 'order' then job_orders.employer_sk else placements.employer_sk end = employers.employer_sk
    left join registrations
        on employers.batch_id = registrations.batch_id and employers.employer_no = registrations.employer_no
    cross join
        lateral (
            values ('fct_job_order', job_orders.batch_id, job_orders.row_no), ('dim_employer', registrations.batch_id, registrations.row_no)
        ) as records (fact, batch_id, row_no)
    where records.batch_id is not null and (records.fact <> 'fct_job_order' or placements.occupation_source = 'order')
    union all
    select
        placements.placement_sk,
        'fct_placement' as fact,
        checks.batch_id,
        checks.row_no
    from placements
    inner join checks on placements.placement_sk = checks.placement_sk
    where placements.occupation_source in ('sent_code', 'title')
)

select
    placement_sk as row_key,
    check_kind as kind,
    'fct_placement' as fact,
    batch_id,
    row_no
from checks
union all
select
    placement_sk as row_key,
    'occupation' as kind,
    fact,
    batch_id,
    row_no
from occupation_records
