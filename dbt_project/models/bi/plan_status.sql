-- Every status that a plan took and the days on which it held: on a day d a plan stands where status_on <= d < until. A unit that should plan and of which
-- nothing is known for the year is there too, as unknown, so that nobody is forgotten who sent nothing.
with steps as (
    select
        step.plan_year,
        step.unit_code,
        activity.activity_code,
        activity.label_vi as activity,
        fund.fund_type,
        step.plan_status,
        step.status_on,
        step.next_status_on,
        step.plan_status in ('approved', 'carried_over') as is_approved,
        step.deadline,
        step.submitted_on,
        step.days_late,
        step.returned_so_far,
        step.decision_no,
        step.planned_vnd
    from {{ ref('fct_programme_plan') }} as step
    inner join {{ ref('dim_programme_activity') }} as activity on step.activity_sk = activity.activity_sk
    inner join {{ ref('dim_fund') }} as fund on step.fund_sk = fund.fund_sk
),

silent as (
    select
        years.plan_year,
        unit.unit_code,
        'unknown' as plan_status,
        make_date(years.plan_year, 1, 1) as status_on,
        make_date(years.plan_year + 1, 1, 1) as next_status_on,
        deadline.deadline::date as deadline
    from (select distinct plan_year from steps) as years
    inner join {{ ref('dim_reporting_unit') }} as unit
        on unit.unit_type in ('district_office', 'service_centre', 'department')
            and make_date(years.plan_year, 1, 1) >= unit.valid_from and make_date(years.plan_year, 1, 1) < unit.valid_to
    left join {{ ref('plan_deadline') }} as deadline on years.plan_year::text = deadline.plan_year
    where not exists (select 1 from steps where steps.plan_year = years.plan_year and steps.unit_code = unit.unit_code)
),

everything as (
    select * from steps
    union all
    select
        plan_year,
        unit_code,
        null,
        null,
        null,
        plan_status,
        status_on,
        next_status_on,
        false,
        deadline,
        null,
        null,
        null,
        null,
        null
    from silent
)

select
    everything.plan_year,
    everything.unit_code,
    unit.label_vi as unit,
    unit.unit_type,
    everything.activity_code,
    everything.activity,
    everything.fund_type,
    everything.plan_status,
    everything.status_on,
    everything.next_status_on as until,
    everything.is_approved,
    everything.deadline,
    everything.submitted_on,
    everything.days_late,
    everything.returned_so_far,
    everything.decision_no,
    everything.planned_vnd
from everything
left join {{ ref('dim_reporting_unit') }} as unit
    on everything.unit_code = unit.unit_code and everything.status_on >= unit.valid_from and everything.status_on < unit.valid_to
