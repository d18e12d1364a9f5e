{{ config(
    incremental_strategy='replace_batch',
    meta={'feed': 'labour_survey'},
    indexes=[{'columns': ['sender_code', 'period', 'surveyed_date_sk']}, {'columns': ['wants_job', 'surveyed_date_sk']}]
) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_occupation') }}
-- depends_on: {{ ref('dim_person') }}
-- The few persons of a batch who want a job are written next to each other, so that the indicators about them read few pages.
-- Occupations are as exact as the title could be coded. A person who wants a job and names no title wants the present or last occupation.
with surveyed as (select * from {{ ref('stg_labour_survey__person') }}),

identities as (select * from {{ ref('stg_ops__person_identity') }}),

areas as (select * from {{ ref('int_areas__keyed') }}),

jobs as (select * from {{ ref('int_titles__coded') }}),

wanted_jobs as (
    select * from {{ ref('int_titles__coded') }}
    where context = ''
)

select
    {{ surrogate_key(['surveyed.sender_code', 'surveyed.period', 'surveyed.form_no']) }} as supply_sk,
    surveyed.sender_code,
    surveyed.period,
    surveyed.form_no,
    surveyed.batch_id,
    surveyed.row_no,
    case
        when surveyed.person_key is null then -1
        else {{ surrogate_key(['coalesce(identities.person_key, surveyed.person_key)']) }}
    end as person_sk,
    coalesce(areas.area_sk, -1) as area_sk,
    coalesce(areas.parent_district_code, surveyed.sender_code) as district_code,
    coalesce(to_char(surveyed.surveyed_on, 'YYYYMMDD')::int, -1) as surveyed_date_sk,
    surveyed.sex,
    {{ age_band('surveyed.birth_date', 'surveyed.surveyed_on') }} as age_band,
    surveyed.area_type,
    surveyed.education_level,
    surveyed.qualification,
    surveyed.activity_status,
    surveyed.inactive_reason,
    surveyed.employment_status,
    surveyed.unemployed_duration,
    surveyed.wants_job,
    {{ priority_flags('surveyed.priority_groups') }},
    coalesce(areas.is_border, false) as is_border,
    case when surveyed.activity_status <> 'employed' then -2 else coalesce(jobs.occupation_l2_sk, -1) end as occupation_sk,
    case when surveyed.activity_status = 'employed' then jobs.occupation_code end as occupation_official,
    case when surveyed.activity_status = 'employed' then coalesce(jobs.detail_code, jobs.occupation_code) end as occupation_detail,
    case
        when surveyed.activity_status <> 'employed' then -2
        else {{ occupation_key('coalesce(jobs.detail_code, jobs.occupation_code)') }}
    end as occupation_detail_sk,
    case when surveyed.activity_status = 'employed' then jobs.method end as coding_method,
    case when surveyed.activity_status = 'employed' then jobs.score end as coding_score,
    case when not surveyed.wants_job then -2 else coalesce(wanted_jobs.occupation_l2_sk, jobs.occupation_l2_sk, -1) end as wanted_occupation_sk,
    case
        when not surveyed.wants_job then -2
        else {{ occupation_key('coalesce(wanted_jobs.detail_code, wanted_jobs.occupation_code, jobs.detail_code, jobs.occupation_code)') }}
    end as wanted_occupation_detail_sk,
    case when surveyed.wants_job then coalesce(wanted_jobs.method, jobs.method) end as wanted_coding_method,
    case when surveyed.wants_job then coalesce(wanted_jobs.score, jobs.score) end as wanted_coding_score
from surveyed
left join identities on surveyed.person_key = identities.alias_key
left join areas on {{ is_commune_on('areas', 'surveyed.commune_code', 'surveyed.surveyed_on') }}
left join jobs on surveyed.job_text = jobs.title_key and jobs.context = {{ title_context('status', 'surveyed.employment_status') }}
left join wanted_jobs on surveyed.wanted_job_text = wanted_jobs.title_key
where {{ in_scope('labour_survey', 'surveyed') }}
order by surveyed.wants_job
