-- in_job null means that the person was not reached: "unknown", which is neither in the job nor lost. A check that was not made is "not_checked". A start
-- belongs to the period of its first check.
with checks as (select * from {{ ref('stg_placements__check') }}),

identities as (select * from {{ ref('stg_ops__person_identity') }}),

checks_of_persons as (
    select
        checks.*,
        coalesce(identities.person_key, checks.person_key) as resolved_key,
        case when checks.in_job then 'in_job' when not checks.in_job then 'lost' else 'unknown' end as outcome
    from checks
    left join identities on checks.person_key = identities.alias_key
)

select
    sender_code,
    placement_no,
    (array_agg(period order by checked_on, {{ check_rank('check_kind') }}))[1] as period,
    (array_agg(batch_id order by checked_on, {{ check_rank('check_kind') }}))[1] as batch_id,
    (array_agg(row_no order by checked_on, {{ check_rank('check_kind') }}))[1] as row_no,
    (array_agg(resolved_key order by checked_on, {{ check_rank('check_kind') }}))[1] as person_key,
    min(start_date) as start_date,
    max(channel) as channel,
    max(session_no) as session_no,
    max(employer_district) as employer_district,
    max(employer_no) as employer_no,
    max(order_no) as order_no,
    max(occupation_code) as occupation_code,
    max(job_text) as job_text,
    max(evidence) filter (where check_kind = 'start') as start_evidence,
    max(contract_type) as contract_type,
    (array_agg(wage_vnd order by checked_on desc))[1] as wage_vnd,
    coalesce(max(outcome) filter (where check_kind = 'start'), 'not_checked') as check_start,
    coalesce(max(outcome) filter (where check_kind = 'm3'), 'not_checked') as check_m3,
    coalesce(max(outcome) filter (where check_kind = 'm6'), 'not_checked') as check_m6,
    coalesce(max(outcome) filter (where check_kind = 'm12'), 'not_checked') as check_m12
from checks_of_persons
group by sender_code, placement_no
