select
    person_sk as row_key,
    'start' as kind,
    'fct_placement' as fact,
    start_batch_id as batch_id,
    start_row_no as row_no
from {{ ref('int_job_searches__with_first_start') }}
where start_batch_id is not null
