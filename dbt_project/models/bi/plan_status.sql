-- On a day d a plan has the status with status_on <= d < until. A unit that plans and sent nothing for a year has one row with status unknown.
with plan_steps as (select * from {{ ref('fct_programme_plan') }}),

activities as (select * from {{ ref('dim_programme_activity') }}),

funds as (select * from {{ ref('dim_fund') }}),

units as (select * from {{ ref('dim_reporting_unit') }}),

deadlines as (select * from {{ ref('plan_deadline') }}),

sent_statuses as (
    select
        plan_steps.plan_year,
        plan_steps.unit_code,
        activities.activity_code,
        activities.label_vi as activity,
        funds.fund_type,
        plan_steps.plan_status,
        plan_steps.status_on,
        plan_steps.next_status_on,
        plan_steps.plan_status in ('approved', 'carried_over') as is_approved,
        plan_steps.deadline,
        plan_steps.submitted_on,
        plan_steps.days_late,
        plan_steps.returned_so_far,
        plan_steps.decision_no,
        plan_steps.planned_vnd
    from plan_steps
    inner join activities on plan_steps.activity_sk = activities.activity_sk
    inner join funds on plan_steps.fund_sk = funds.fund_sk
),

years as (select distinct plan_year from sent_statuses),

missing_statuses as (
    select
        years.plan_year,
        units.unit_code,
        make_date(years.plan_year, 1, 1) as status_on,
        make_date(years.plan_year + 1, 1, 1) as next_status_on,
        deadlines.deadline::date as deadline
    from years
    inner join units
        on units.unit_type in ('district_office', 'service_centre', 'department')
            and make_date(years.plan_year, 1, 1) >= units.valid_from and make_date(years.plan_year, 1, 1) < units.valid_to
    left join deadlines on years.plan_year::text = deadlines.plan_year
    where not exists (select 1 from sent_statuses where sent_statuses.plan_year = years.plan_year and sent_statuses.unit_code = units.unit_code)
),

statuses as (
    select
        plan_year,
        unit_code,
        activity_code,
        activity,
        fund_type,
        plan_status,
        status_on,
        next_status_on,
        is_approved,
        deadline,
        submitted_on,
        days_late,
        returned_so_far,
        decision_no,
        planned_vnd
    from sent_statuses
    union all
    select
        plan_year,
        unit_code,
        null as activity_code,
        null as activity,
        null as fund_type,
        'unknown' as plan_status,
        status_on,
        next_status_on,
        false as is_approved,
        deadline,
        null as submitted_on,
        null as days_late,
        null as returned_so_far,
        null as decision_no,
        null as planned_vnd
    from missing_statuses
)

select
    statuses.plan_year,
    statuses.unit_code,
    units.label_vi as unit,
    units.unit_type,
    statuses.activity_code,
    statuses.activity,
    statuses.fund_type,
    statuses.plan_status,
    statuses.status_on,
    statuses.next_status_on as until,
    statuses.is_approved,
    statuses.deadline,
    statuses.submitted_on,
    statuses.days_late,
    statuses.returned_so_far,
    {{ plain_code('statuses.decision_no') }} as decision_no,
    statuses.planned_vnd
from statuses
left join units on statuses.unit_code = units.unit_code and statuses.status_on >= units.valid_from and statuses.status_on < units.valid_to
