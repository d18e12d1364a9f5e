-- The check that states an outcome, by kind of check; and, as kind occupation, what gave the start its occupation: the order, else the job named by its
-- checks, and the employer's record where its industry decided.
with placements as (
    select * from {{ ref('fct_placement') }}
),

job_orders as (
    select * from {{ ref('fct_job_order') }}
),

checks as (
    select
        {{ surrogate_key(['matched.attendance_sender_code', 'matched.session_no', 'matched.attendance_no']) }} as placement_sk,
        checks.check_kind,
        checks.batch_id,
        checks.row_no
    from {{ ref('int_placements__matched_to_attendances') }} as matched
    inner join {{ ref('stg_placements__check') }} as checks
        on matched.sender_code = checks.sender_code and matched.placement_no = checks.placement_no
    union all
    select
        {{ surrogate_key(['sender_code', 'placement_no']) }} as placement_sk,
        check_kind,
        batch_id,
        row_no
    from {{ ref('stg_placements__check') }}
),

occupation_records as (
    select
        placements.placement_sk,
        records.fact,
        records.batch_id,
        records.row_no
    from placements
    left join job_orders on placements.order_sk = job_orders.order_sk
    left join {{ ref('dim_employer') }} as employers
        on placements.coding_method = 'industry_assisted' and coalesce(job_orders.employer_sk, placements.employer_sk) = employers.employer_sk
    left join {{ ref('stg_employers__employer') }} as registrations
        on employers.batch_id = registrations.batch_id and employers.employer_no = registrations.employer_no
    cross join
        lateral (
            values ('fct_job_order', job_orders.batch_id, job_orders.row_no), ('dim_employer', registrations.batch_id, registrations.row_no)
        ) as records (fact, batch_id, row_no)
    where records.batch_id is not null and (records.fact <> 'fct_job_order' or job_orders.occupation_official is not null)
    union all
    select
        placements.placement_sk,
        'fct_placement' as fact,
        checks.batch_id,
        checks.row_no
    from placements
    inner join checks on placements.placement_sk = checks.placement_sk
    left join job_orders on placements.order_sk = job_orders.order_sk
    where job_orders.occupation_official is null and placements.occupation_sk > 0
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
