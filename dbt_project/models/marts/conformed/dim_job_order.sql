{{ config(incremental_strategy='merge_and_remove', unique_key='order_sk') }}
-- depends_on: {{ ref('dim_batch') }}
-- What interviews and placements say of their job order. Its openings and wages are measures, in fct_job_order.
with orders as (select * from {{ ref('stg_job_orders__job_order') }}),

described_orders as (
    select
        {{ surrogate_key(['orders.sender_code', 'orders.order_no']) }} as order_sk,
        orders.sender_code,
        orders.order_no,
        orders.contract_type,
        orders.work_time,
        orders.qualification,
        orders.close_reason,
        orders.batch_id
    from orders
    where {{ in_scope('job_orders', 'orders') }}
)

{{ with_special_members('described_orders', {
    'order_sk': 'key',
    'sender_code': 'code',
    'order_no': 'code',
    'contract_type': 'empty',
    'work_time': 'empty',
    'qualification': 'empty',
    'close_reason': 'empty',
    'batch_id': 'key',
}) }}
