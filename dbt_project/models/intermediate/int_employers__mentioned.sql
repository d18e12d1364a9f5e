-- The number is the district's own, so the sender is part of the key: equal numbers of two districts are two employers.
with registered as (select * from {{ ref('stg_employers__employer') }}),

orders as (select * from {{ ref('stg_job_orders__job_order') }}),

attendances as (select * from {{ ref('stg_fair_attendance__attendance') }}),

mentions as (
    select
        'employers' as feed,
        sender_code,
        period,
        employer_no,
        batch_id
    from registered
    union all
    select
        'job_orders' as feed,
        sender_code,
        period,
        employer_no,
        batch_id
    from orders
    union all
    select
        'fair_attendance' as feed,
        sender_code,
        period,
        employer_no,
        batch_id
    from attendances
    where employer_no is not null
)

select
    feed,
    sender_code,
    period,
    employer_no,
    {{ surrogate_key(['sender_code', 'employer_no']) }} as employer_sk,
    max(batch_id) as batch_id
from mentions
group by feed, sender_code, period, employer_no
