-- The statuses that programme plans took, one row each. A measure of a plan is summed over its latest step: is_latest = 1.
with steps as (select * from {{ ref('fct_programme_plan') }}),

units as (select * from {{ ref('dim_reporting_unit') }}),

activities as (select * from {{ ref('dim_programme_activity') }}),

funds as (select * from {{ ref('dim_fund') }})

select
    {{ analysis_key('steps.plan_sk') }} as plan_key,
    steps.unit_code,
    units.label_vi as unit_vi,
    steps.plan_year,
    activities.activity_code,
    activities.label_vi as activity_vi,
    activities.label_en as activity_en,
    funds.fund_type,
    funds.fund_type_vi,
    funds.fund_type_en,
    steps.plan_status,
    steps.status_on,
    steps.submitted_on,
    steps.approved_on,
    steps.deadline as deadline_on,
    steps.days_late,
    steps.returned_count,
    {{ as_number('steps.is_latest') }} as is_latest,
    {{ as_number('steps.is_carried_over') }} as is_carried_over,
    steps.target_unit,
    steps.target_quantity,
    steps.planned_vnd
from steps
inner join units on steps.unit_sk = units.unit_sk
inner join activities on steps.activity_sk = activities.activity_sk
inner join funds on steps.fund_sk = funds.fund_sk
where {{ is_visible_to_reader('steps.unit_code') }}
