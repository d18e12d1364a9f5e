{{ config(incremental_strategy='replace_batch', meta={'feed': 'programme_plans'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- One row a status that a plan took, with what holds of the plan as a whole beside it. On a day d a plan stands where status_on <= d < next_status_on; a plan
-- that came late is late by its first submission, and one that has not come is not late by zero days: nothing is said.
with steps as (
    select
        step.*,
        row_number() over in_order as step_no,
        lead(step.status_on) over in_order as next_status_on,
        count(*) filter (where step.plan_status = 'returned') over so_far as returned_so_far,
        min(step.status_on) filter (where step.plan_status = 'submitted') over whole as submitted_on,
        min(step.status_on) filter (where step.plan_status = 'approved') over whole as approved_on,
        count(*) filter (where step.plan_status = 'returned') over whole as returned_count,
        bool_or(step.plan_status = 'carried_over') over whole as is_carried_over
    from {{ ref('stg_programme_plans__step') }} as step
    window
        whole as (partition by step.sender_code, step.unit_code, step.plan_year, step.activity, step.fund_type),
        in_order as (whole order by step.status_on, {{ plan_rank('step.plan_status') }}),
        so_far as (whole order by step.status_on, {{ plan_rank('step.plan_status') }} rows unbounded preceding)
)

select
    {{ surrogate_key([
        'step.sender_code', 'step.unit_code', 'step.plan_year', 'step.activity', 'step.fund_type', 'step.status_on', 'step.plan_status'
    ]) }} as plan_step_sk,
    {{ surrogate_key(['step.sender_code', 'step.unit_code', 'step.plan_year', 'step.activity', 'step.fund_type']) }} as plan_sk,
    step.sender_code,
    step.period,
    step.batch_id,
    step.row_no,
    coalesce(unit.unit_sk, -1) as unit_sk,
    step.unit_code,
    step.plan_year::int as plan_year,
    coalesce(activity.activity_sk, -1) as activity_sk,
    coalesce(fund.fund_sk, -1) as fund_sk,
    step.plan_status,
    step.status_on,
    coalesce(step.next_status_on, 'infinity'::date) as next_status_on,
    to_char(step.status_on, 'YYYYMMDD')::int as status_date_sk,
    step.step_no::int as step_no,
    step.next_status_on is null as is_latest,
    step.returned_so_far::int as returned_so_far,
    step.returned_count::int as returned_count,
    step.submitted_on,
    step.approved_on,
    deadline.deadline::date as deadline,
    case when step.submitted_on is not null then greatest(step.submitted_on - deadline.deadline::date, 0) end as days_late,
    step.is_carried_over,
    step.decision_no,
    step.target_quantity,
    step.target_unit,
    step.planned_vnd
from steps as step
left join {{ ref('dim_reporting_unit') }} as unit
    on step.unit_code = unit.unit_code and step.status_on >= unit.valid_from and step.status_on < unit.valid_to
left join {{ ref('dim_programme_activity') }} as activity on step.activity = activity.activity_code
left join {{ ref('dim_fund') }} as fund on step.fund_type = fund.fund_type and fund.fund_source = 'not_told'
left join {{ ref('plan_deadline') }} as deadline on step.plan_year::text = deadline.plan_year
where {{ in_scope('programme_plans', 'step') }}
