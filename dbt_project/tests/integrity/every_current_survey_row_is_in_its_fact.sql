-- What: each current survey record of core is one row of fct_labour_supply, and no other row is there.
-- When it fails: a build was cut between tables, or a join of the model lost or multiplied rows.
-- How to fix: build the partition again (ops.outbox: built_at = null for its events, lmw build); if the failure stays, a join key of the model is not unique.
{{ config(severity='error') }}
with staged as (select * from {{ ref('stg_labour_survey__person') }}),

facts as (select * from {{ ref('fct_labour_supply') }}),

staged_records as (
    select
        sender_code,
        period,
        count(*) as records
    from staged
    where {{ in_build_scope('labour_survey', 'staged') }}
    group by sender_code, period
),

fact_records as (
    select
        sender_code,
        period,
        count(*) as records
    from facts
    where {{ in_build_scope('labour_survey', 'facts') }}
    group by sender_code, period
)

select
    sender_code,
    period,
    staged_records.records as staged,
    fact_records.records as in_fact
from staged_records
full join fact_records using (sender_code, period)
where staged_records.records is distinct from fact_records.records
