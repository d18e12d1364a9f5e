with orders as (
    select * from {{ ref('int_job_orders__with_end_date') }}
),

periods as (
    select * from {{ ref('int_stock_periods') }}
),

senders as (
    select * from {{ ref('int_stock_senders') }}
)

select
    orders.order_sk as row_key,
    'fct_job_order' as fact,
    orders.batch_id,
    orders.row_no,
    orders.area_sk,
    orders.district_code,
    case when periods.period_kind = 'month' then periods.period end as month,
    case when periods.period_kind = 'quarter' then periods.period end as quarter,
    orders.occupation_code as occupation,
    orders.openings,
    case when senders.comparable_from <= periods.last_day then orders.openings end as compared_openings
from orders
inner join periods on orders.posted_on <= periods.last_day and orders.ended_on > periods.last_day
left join senders on orders.sender_code = senders.sender_code
