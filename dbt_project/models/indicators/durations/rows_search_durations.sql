-- A person who has not started a job has been searching until the reporting cutoff date: the days are censored.
with searches as (
    select * from {{ ref('int_job_searches__with_first_start') }}
),

cutoff as (
    select * from {{ ref('int_reporting_cutoff_date') }}
)

select
    searches.person_sk as row_key,
    searches.fact,
    searches.batch_id,
    searches.row_no,
    searches.area_sk,
    searches.district_code,
    to_char(searches.registered_on, 'YYYY') as year,
    searches.sex,
    {{ priority_columns('searches') }},
    searches.is_border,
    searches.started_on is not null as is_event,
    coalesce(searches.started_on, cutoff.day) - searches.registered_on as days
from searches
cross join cutoff
where coalesce(searches.started_on, cutoff.day) >= searches.registered_on
