-- An order that is not filled was open until it was closed, or is open still: its days are censored.
with orders as (
    select * from {{ ref('int_job_orders__with_end_date') }}
),

cutoff as (
    select * from {{ ref('int_reporting_cutoff_date') }}
)

select
    orders.order_sk as row_key,
    'fct_job_order' as fact,
    orders.batch_id,
    orders.row_no,
    orders.area_sk,
    orders.district_code,
    to_char(orders.posted_on, 'YYYY-"Q"Q') as quarter,
    orders.occupation_code as occupation,
    coalesce(orders.close_reason = 'filled', false) as is_event,
    coalesce(orders.closed_on, cutoff.day) - orders.posted_on as days
from orders
cross join cutoff
where coalesce(orders.closed_on, cutoff.day) >= orders.posted_on
