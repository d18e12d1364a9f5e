-- The last day that any feed of events tells of: what is open on it is open, and nothing is known after it. Never after today.
select least(max(told.day), {{ today() }}) as day
from (
    select greatest(posted_on, closed_on) as day
    from {{ ref('stg_job_orders__job_order') }}
    union all
    select held_on
    from {{ ref('stg_fair_sessions__session') }}
    union all
    select greatest(start_date, checked_on)
    from {{ ref('stg_placements__check') }}
) as told
