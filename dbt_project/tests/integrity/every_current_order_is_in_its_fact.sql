-- What: each current job order of core is one row of fct_job_order, and no other row is there.
-- When it fails: a build was cut between tables, or a join of the model lost or multiplied rows.
-- How to fix: build the partition again (ops.outbox: built_at = null for its events, lmw build); if it stays, a join key of the model is not unique.
{{ config(severity='error') }}
with told as (
    select
        sender_code,
        order_no,
        batch_id
    from {{ ref('stg_job_orders__job_order') }} as job_order
    where {{ in_build_scope('job_orders', 'job_order') }}
),

shown as (
    select
        sender_code,
        order_no,
        batch_id
    from {{ ref('fct_job_order') }} as job_order
    where {{ in_build_scope('job_orders', 'job_order') }}
)

select
    sender_code,
    order_no,
    told.batch_id as told_by,
    shown.batch_id as shown_from
from told
full join shown using (sender_code, order_no)
where told.batch_id is distinct from shown.batch_id
