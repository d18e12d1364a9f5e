-- Every employer number that any feed speaks of. One that only an order or an attendance names is inferred: its key holds, its attributes wait for the
-- district's register. The number is the district's own, so the sender is part of the key: equal numbers of two districts are two employers.
with mentioned as (
    select
        sender_code,
        period,
        employer_no,
        batch_id,
        'employers' as feed
    from {{ ref('stg_employers__employer') }}
    union all
    select
        sender_code,
        period,
        employer_no,
        batch_id,
        'job_orders'
    from {{ ref('stg_job_orders__job_order') }}
    union all
    select
        sender_code,
        period,
        employer_no,
        batch_id,
        'fair_attendance'
    from {{ ref('stg_fair_attendance__attendance') }}
    where employer_no is not null
)

select
    feed,
    sender_code,
    period,
    employer_no,
    {{ surrogate_key(['sender_code', 'employer_no']) }} as employer_sk,
    max(batch_id) as batch_id
from mentioned
group by feed, sender_code, period, employer_no
