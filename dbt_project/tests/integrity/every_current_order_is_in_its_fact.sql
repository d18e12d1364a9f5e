-- What: each current job order of core is one row of fct_job_order, and no other row is there.
-- When it fails: a build was cut between tables, or a join of the model lost or multiplied rows.
-- How to fix: build the partition again (ops.outbox: built_at = null for its events, lmw build); if it stays, a join key of the model is not unique.
{{ config(severity='error') }}
select
    coalesce(told.sender_code, shown.sender_code) as sender_code,
    coalesce(told.order_no, shown.order_no) as order_no,
    told.batch_id as told_by,
    shown.batch_id as shown_from
from {{ ref('stg_job_orders__job_order') }} as told
full join {{ ref('fct_job_order') }} as shown on told.sender_code = shown.sender_code and told.order_no = shown.order_no
where told.batch_id is distinct from shown.batch_id
