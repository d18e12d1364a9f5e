-- What: each current job order of core is one row of fct_job_order, and no other row is there.
-- When it fails: a build was cut between tables, or a join of the model lost or multiplied rows.
-- How to fix: build the partition again (ops.outbox: built_at = null for its events, lmw build); if the failure stays, a join key of the model is not unique.
{{ config(severity='error') }}
with staged as (select * from {{ ref('stg_job_orders__job_order') }}),

facts as (select * from {{ ref('fct_job_order') }}),

staged_orders as (
    select
        sender_code,
        order_no,
        batch_id
    from staged
    where {{ in_build_scope('job_orders', 'staged') }}
),

fact_orders as (
    select
        sender_code,
        order_no,
        batch_id
    from facts
    where {{ in_build_scope('job_orders', 'facts') }}
)

select
    sender_code,
    order_no,
    staged_orders.batch_id as staged_batch_id,
    fact_orders.batch_id as fact_batch_id
from staged_orders
full join fact_orders using (sender_code, order_no)
where staged_orders.batch_id is distinct from fact_orders.batch_id
