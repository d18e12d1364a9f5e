-- Interviews at sessions, with the order and the employer. Who the person is, is in visits.
with interviews as (select * from {{ ref('fct_fair_interview') }}),

visits as (select * from {{ ref('fct_fair_attendance') }}),

orders as (select * from {{ ref('dim_job_order') }}),

dates as (select * from {{ ref('dim_date') }}),

employer_versions as (select * from {{ ref('dim_employer_version') }}),

industries as (select * from {{ ref('dim_industry') }}),

occupations as (select * from {{ ref('dim_occupation') }})

select
    {{ analysis_key('interviews.interview_sk') }} as interview_key,
    {{ analysis_key('interviews.visit_sk') }} as visit_key,
    {{ analysis_key('interviews.person_sk') }} as person_key,
    {{ analysis_key('interviews.session_sk') }} as session_key,
    {{ analysis_key('interviews.order_sk') }} as order_key,
    {{ analysis_key('interviews.employer_sk') }} as employer_key,
    interviews.sender_code,
    dates.month_start as held_month,
    visits.district_code,
    {{ employer_columns('employer_versions', 'industries') }},
    {{ occupation_columns('occupations') }},
    orders.contract_type,
    orders.work_time,
    orders.qualification,
    interviews.interview_result,
    {%- for step in ['passed', 'offered', 'accepted', 'started'] %}
        {{ as_number('interviews.is_' ~ step) }} as {{ step }},
    {%- endfor %}
    1 as interviews
from interviews
inner join visits on interviews.visit_sk = visits.visit_sk
inner join orders on interviews.order_sk = orders.order_sk
inner join dates on interviews.held_date_sk = dates.date_sk
inner join employer_versions on interviews.employer_version_sk = employer_versions.employer_version_sk
inner join industries on employer_versions.industry_sk = industries.industry_sk
inner join occupations on interviews.occupation_detail_sk = occupations.occupation_sk
where {{ is_visible_to_reader('visits.district_code') }}
