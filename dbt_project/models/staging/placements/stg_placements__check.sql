-- Current rows of core.placements: what is known now of every partition.
select
    batch_id,
    row_no,
    sender_code,
    period,
    valid_from,
    valid_to,
    placement_no,
    employer_no,
    employer_district,
    order_no,
    session_no,
    channel,
    job_text,
    occupation_code,
    check_kind,
    checked_on,
    in_job,
    evidence,
    start_date,
    contract_type,
    wage_vnd,
    person_key,
    person_method
from {{ source('core', 'placements') }}
where {{ is_known() }}
