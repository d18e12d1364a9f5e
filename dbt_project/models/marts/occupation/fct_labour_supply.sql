{{ config(incremental_strategy='replace_batch', meta={'feed': 'labour_survey'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_occupation') }}
-- depends_on: {{ ref('dim_person') }}
-- One row a person and survey round: who works, who seeks, in which occupation, as far as free text can be coded.
select
    {{ surrogate_key(['survey.sender_code', 'survey.period', 'survey.form_no']) }} as supply_sk,
    survey.sender_code,
    survey.period,
    survey.form_no,
    survey.batch_id,
    survey.row_no,
    case when survey.person_key is null then -1 else {{ surrogate_key(['coalesce(same.person_key, survey.person_key)']) }} end as person_sk,
    coalesce(area.area_sk, -1) as area_sk,
    coalesce(area.parent_district_code, survey.sender_code) as district_code,
    coalesce(to_char(survey.surveyed_on, 'YYYYMMDD')::int, -1) as surveyed_date_sk,
    survey.sex,
    {{ age_band('survey.birth_date', 'survey.surveyed_on') }} as age_band,
    survey.area_type,
    survey.education_level,
    survey.qualification,
    survey.activity_status,
    survey.inactive_reason,
    survey.employment_status,
    survey.unemployed_duration,
    survey.wants_job,
    {{ priority_flags('survey.priority_groups') }},
    coalesce(area.is_border, false) as is_border,
    case when survey.activity_status <> 'employed' then -2 else coalesce(job.occupation_l2_sk, -1) end as occupation_sk,
    case when survey.activity_status = 'employed' then job.occupation_code end as occupation_official,
    case when survey.activity_status = 'employed' then coalesce(job.detail_code, job.occupation_code) end as occupation_detail,
    case when survey.activity_status = 'employed' then job.method end as coding_method,
    case when survey.activity_status = 'employed' then job.score end as coding_score,
    case when not survey.wants_job then -2 else coalesce(wanted.occupation_l2_sk, job.occupation_l2_sk, -1) end as wanted_occupation_sk,
    case when survey.wants_job then coalesce(wanted.method, job.method) end as wanted_coding_method,
    case when survey.wants_job then coalesce(wanted.score, job.score) end as wanted_coding_score
from {{ ref('stg_labour_survey__person') }} as survey
left join {{ ref('stg_ops__person_identity') }} as same on survey.person_key = same.alias_key
left join {{ ref('int_area__keyed') }} as area
    on area.level = 'commune' and survey.commune_code = area.code
        and survey.surveyed_on >= area.valid_from and survey.surveyed_on < area.valid_to
left join {{ ref('int_title__coded') }} as job
    on survey.job_text = job.title_key and job.context = {{ title_context('status', 'survey.employment_status') }}
left join {{ ref('int_title__coded') }} as wanted on survey.wanted_job_text = wanted.title_key and wanted.context = ''
where {{ in_scope('labour_survey', 'survey') }}
