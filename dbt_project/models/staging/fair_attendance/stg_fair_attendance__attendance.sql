-- Current rows of core.fair_attendance: what is known now of every partition.
select
    batch_id,
    row_no,
    sender_code,
    period,
    valid_from,
    valid_to,
    attendance_no,
    session_no,
    person_key,
    person_method,
    birth_date,
    sex,
    commune_code,
    priority_groups,
    wanted_job_text,
    counselled,
    employer_no,
    order_no,
    coalesce(interviewed, false) as interviewed,
    interview_result,
    coalesce(offered, false) as offered,
    coalesce(accepted, false) as accepted,
    start_date
from {{ source('core', 'fair_attendance') }}
where {{ is_known() }}
