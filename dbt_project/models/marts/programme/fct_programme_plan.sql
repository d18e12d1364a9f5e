{{ config(incremental_strategy='replace_batch', meta={'feed': 'programme_plans'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- On a day d a plan has the status with status_on <= d < next_status_on. days_late counts to the first submission; it is null, not 0, for a plan that was not
-- submitted.
with plan_statuses as (select * from {{ ref('stg_programme_plans__step') }}),

units as (select * from {{ ref('dim_reporting_unit') }}),

activities as (select * from {{ ref('dim_programme_activity') }}),

funds as (select * from {{ ref('dim_fund') }}),

deadlines as (select * from {{ ref('plan_deadline') }}),

steps as (
    select
        plan_statuses.*,
        row_number() over in_order as step_no,
        lead(plan_statuses.status_on) over in_order as next_status_on,
        count(*) filter (where plan_statuses.plan_status = 'returned') over until_step as returned_so_far,
        min(plan_statuses.status_on) filter (where plan_statuses.plan_status = 'submitted') over of_plan as submitted_on,
        min(plan_statuses.status_on) filter (where plan_statuses.plan_status = 'approved') over of_plan as approved_on,
        count(*) filter (where plan_statuses.plan_status = 'returned') over of_plan as returned_count,
        bool_or(plan_statuses.plan_status = 'carried_over') over of_plan as is_carried_over
    from plan_statuses
    window
        of_plan as (
            partition by
                plan_statuses.sender_code, plan_statuses.unit_code, plan_statuses.plan_year, plan_statuses.activity, plan_statuses.fund_type
        ),
        in_order as (of_plan order by plan_statuses.status_on, {{ plan_rank('plan_statuses.plan_status') }}),
        until_step as (of_plan order by plan_statuses.status_on, {{ plan_rank('plan_statuses.plan_status') }} rows unbounded preceding)
)

select
    {{ surrogate_key([
        'steps.sender_code', 'steps.unit_code', 'steps.plan_year', 'steps.activity', 'steps.fund_type', 'steps.status_on', 'steps.plan_status'
    ]) }} as plan_step_sk,
    {{ surrogate_key(['steps.sender_code', 'steps.unit_code', 'steps.plan_year', 'steps.activity', 'steps.fund_type']) }} as plan_sk,
    steps.sender_code,
    steps.period,
    steps.batch_id,
    steps.row_no,
    coalesce(units.unit_sk, -1) as unit_sk,
    steps.unit_code,
    steps.plan_year::int as plan_year,
    coalesce(activities.activity_sk, -1) as activity_sk,
    coalesce(funds.fund_sk, -1) as fund_sk,
    steps.plan_status,
    steps.status_on,
    coalesce(steps.next_status_on, 'infinity'::date) as next_status_on,
    to_char(steps.status_on, 'YYYYMMDD')::int as status_date_sk,
    steps.step_no::int as step_no,
    steps.next_status_on is null as is_latest,
    steps.returned_so_far::int as returned_so_far,
    steps.returned_count::int as returned_count,
    steps.submitted_on,
    steps.approved_on,
    deadlines.deadline::date as deadline,
    case when steps.submitted_on is not null then greatest(steps.submitted_on - deadlines.deadline::date, 0) end as days_late,
    steps.is_carried_over,
    steps.decision_no,
    steps.target_quantity,
    steps.target_unit,
    steps.planned_vnd
from steps
left join units on steps.unit_code = units.unit_code and steps.status_on >= units.valid_from and steps.status_on < units.valid_to
left join activities on steps.activity = activities.activity_code
left join funds on steps.fund_type = funds.fund_type and funds.fund_source = 'not_stated'
left join deadlines on steps.plan_year::text = deadlines.plan_year
where {{ in_scope('programme_plans', 'steps') }}
