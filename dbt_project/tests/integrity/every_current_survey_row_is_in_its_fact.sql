-- What: each current survey record of core is one row of fct_labour_supply, and no other row is there.
-- When it fails: a build was cut between tables, or a join of the model lost or multiplied rows.
-- How to fix: build the partition again (ops.outbox: built_at = null for its events, lmw build); if it stays, a join key of the model is not unique.
{{ config(severity='error') }}
with told as (
    select
        sender_code,
        period,
        count(*) as records
    from {{ ref('stg_labour_survey__person') }} as person
    where {{ in_build_scope('labour_survey', 'person') }}
    group by sender_code, period
),

shown as (
    select
        sender_code,
        period,
        count(*) as records
    from {{ ref('fct_labour_supply') }} as supply
    where {{ in_build_scope('labour_survey', 'supply') }}
    group by sender_code, period
)

select
    sender_code,
    period,
    told.records as told,
    shown.records as shown
from told
full join shown using (sender_code, period)
where told.records is distinct from shown.records
