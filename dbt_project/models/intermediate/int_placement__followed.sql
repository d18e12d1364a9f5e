-- One row a job start that the service centre follows, its checks side by side. Nobody reached is "unknown", which is neither in the job nor lost; a check that
-- did not come is "not_checked". A start belongs to the period of its first check.
select
    sender_code,
    placement_no,
    (array_agg(period order by checked_on, {{ check_rank('check_kind') }}))[1] as period,
    (array_agg(batch_id order by checked_on, {{ check_rank('check_kind') }}))[1] as batch_id,
    (array_agg(row_no order by checked_on, {{ check_rank('check_kind') }}))[1] as row_no,
    (array_agg(coalesce(same.person_key, told.person_key) order by checked_on, {{ check_rank('check_kind') }}))[1] as person_key,
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
    coalesce(
        max(case when in_job then 'in_job' when not in_job then 'lost' else 'unknown' end) filter (where check_kind = 'start'), 'not_checked'
    ) as check_start,
    coalesce(
        max(case when in_job then 'in_job' when not in_job then 'lost' else 'unknown' end) filter (where check_kind = 'm3'), 'not_checked'
    ) as check_m3,
    coalesce(
        max(case when in_job then 'in_job' when not in_job then 'lost' else 'unknown' end) filter (where check_kind = 'm6'), 'not_checked'
    ) as check_m6,
    coalesce(
        max(case when in_job then 'in_job' when not in_job then 'lost' else 'unknown' end) filter (where check_kind = 'm12'), 'not_checked'
    ) as check_m12
from {{ ref('stg_placements__check') }} as told
left join {{ ref('stg_ops__person_identity') }} as same on told.person_key = same.alias_key
group by sender_code, placement_no
