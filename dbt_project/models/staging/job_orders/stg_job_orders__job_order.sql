-- Current rows of core.job_orders: what is known now of every partition.
select
    batch_id,
    row_no,
    sender_code,
    period,
    valid_from,
    valid_to,
    order_no,
    employer_no,
    title,
    occupation_code,
    openings,
    openings_female,
    wage_min_vnd,
    wage_max_vnd,
    contract_type,
    work_time,
    education_level,
    qualification,
    commune_code,
    priority_groups,
    posted_on,
    deadline,
    closed_on,
    close_reason
from {{ source('core', 'job_orders') }}
where {{ is_known() }}
