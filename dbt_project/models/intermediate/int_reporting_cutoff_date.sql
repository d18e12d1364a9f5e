-- The last day that any feed of events reports on, never after today: what is open on it is open, and nothing is known after it.
with orders as (select * from {{ ref('stg_job_orders__job_order') }}),

sessions as (select * from {{ ref('stg_fair_sessions__session') }}),

placement_checks as (select * from {{ ref('stg_placements__check') }}),

event_days as (
    select greatest(posted_on, closed_on) as day
    from orders
    union all
    select held_on as day
    from sessions
    union all
    select greatest(start_date, checked_on) as day
    from placement_checks
)

select least(max(day), {{ today() }}) as day
from event_days
