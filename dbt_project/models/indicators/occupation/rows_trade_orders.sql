with orders as (
    select * from {{ ref('fct_job_order') }}
),

dates as (
    select * from {{ ref('dim_date') }}
)

select
    orders.order_sk as row_key,
    'fct_job_order' as fact,
    orders.batch_id,
    orders.row_no,
    orders.area_sk,
    orders.district_code,
    dates.year::text as year,
    orders.occupation_detail as trade,
    orders.openings
from orders
inner join dates on orders.posted_date_sk = dates.date_sk
where orders.occupation_detail <> orders.occupation_official
