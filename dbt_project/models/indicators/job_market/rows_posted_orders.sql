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
    orders.year_month as month,
    orders.openings,
    orders.close_reason = 'filled' as is_filled,
    orders.ended_on <= cutoff.day as is_ended,
    orders.ended_on > cutoff.day as is_open
from orders
cross join cutoff
