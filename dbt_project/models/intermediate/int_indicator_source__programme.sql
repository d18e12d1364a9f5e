-- The rows behind the programme's money, what a start cost, and how plans stood.
with confirmed as (
    select *
    from {{ ref('int_placement__told') }}
    where check_start = 'in_job'
),

standing as (
    select
        plan.*,
        bool_and(plan.is_approved) over (partition by plan.year_month, plan.plan_year, plan.unit_code) as all_approved
    from {{ ref('int_plan__at_month_end') }} as plan
),

statuses as (
    select distinct
        year_month,
        plan_year,
        plan_status
    from {{ ref('int_plan__at_month_end') }}
),

telling as (
    select
        cell.metric,
        'year' as period_kind,
        moved.year as period,
        moved.breakdown,
        cell.part,
        'fct_budget_movement' as fact,
        moved.batch_id,
        moved.row_no,
        moved.movement_sk as unit,
        cell.amount::numeric as amount
    from {{ ref('int_budget__moved') }} as moved
    cross join
        lateral (
            values
            (
                case moved.movement when 'transfer_out' then -moved.amount_vnd else moved.amount_vnd end,
                moved.movement in ('allocation', 'transfer_in', 'transfer_out')
            )
        ) as given (vnd, is_given)
    cross join
        lateral (
            values
            ('disbursement_rate', 'numerator', moved.amount_vnd, moved.movement = 'disbursement'),
            ('disbursement_rate', 'denominator', given.vnd, given.is_given or moved.movement = 'carry_over_in'),
            ('carry_over_rate', 'numerator', moved.amount_vnd, moved.movement = 'carry_over_out'),
            ('carry_over_rate', 'denominator', given.vnd, given.is_given or moved.movement = 'carry_over_in'),
            ('age_of_money', 'numerator', moved.amount_vnd * (moved.budget_year - moved.fund_year), moved.movement = 'disbursement'),
            ('age_of_money', 'denominator', moved.amount_vnd, moved.movement = 'disbursement'),
            ('allocated_vnd', 'numerator', given.vnd, given.is_given),
            ('disbursed_vnd', 'numerator', moved.amount_vnd, moved.movement = 'disbursement'),
            ('programme_cost_per_placement', 'numerator', moved.amount_vnd, moved.movement = 'disbursement' and moved.breakdown = 'all')
        ) as cell (metric, part, amount, belongs)
    where cell.belongs
    union all
    select
        'programme_cost_per_placement',
        'year',
        year,
        'all',
        'denominator',
        'fct_placement',
        batch_id,
        row_no,
        placement_sk,
        1
    from confirmed
    union all
    select
        cell.metric,
        'month',
        standing.year_month,
        'plan_year=' || standing.plan_year || cell.breakdown,
        cell.part,
        'fct_programme_plan',
        standing.batch_id,
        standing.row_no,
        cell.unit,
        1
    from standing
    cross join
        lateral (
            values
            ('units_approved', '', 'numerator', {{ surrogate_key(['standing.unit_code']) }}, standing.all_approved),
            ('units_approved', '', 'denominator', {{ surrogate_key(['standing.unit_code']) }}, true),
            ('plans_in_status', ';status=' || standing.plan_status, 'numerator', standing.plan_sk, true)
        ) as cell (metric, breakdown, part, unit, belongs)
    where cell.belongs
    union all
    select
        'plans_in_status',
        'month',
        plan.year_month,
        'plan_year=' || plan.plan_year || ';status=' || statuses.plan_status,
        'denominator',
        'fct_programme_plan',
        plan.batch_id,
        plan.row_no,
        plan.plan_sk,
        1
    from {{ ref('int_plan__at_month_end') }} as plan
    inner join statuses on plan.year_month = statuses.year_month and plan.plan_year = statuses.plan_year
    union all
    select
        'plan_days_late',
        'year',
        latest.plan_year::text,
        told.breakdown,
        cell.part,
        'fct_programme_plan',
        latest.batch_id,
        latest.row_no,
        latest.plan_sk,
        cell.amount
    from {{ ref('fct_programme_plan') }} as latest
    cross join lateral (values ('all'), ('unit=' || latest.unit_code)) as told (breakdown)
    cross join lateral (values ('numerator', latest.days_late), ('denominator', 1)) as cell (part, amount)
    where latest.is_latest and latest.days_late is not null
)

select
    metric,
    period_kind,
    period,
    'as_reported' as area_mode,
    'all' as area_code,
    breakdown,
    part,
    fact,
    batch_id,
    row_no,
    unit,
    amount
from telling
union all
select
    'cost_per_placement',
    'year',
    year,
    area_mode,
    area_code,
    breakdown,
    'numerator',
    'fct_fair_session',
    batch_id,
    row_no,
    {{ surrogate_key(['session_sk', 'fund']) }},
    cost_settled_vnd * area_weight
from {{ in_places(ref('int_session__borne')) }} as borne
union all
select
    'cost_per_placement',
    'year',
    borne.year,
    borne.area_mode,
    borne.area_code,
    borne.breakdown,
    'denominator',
    'fct_placement',
    confirmed.batch_id,
    confirmed.row_no,
    {{ surrogate_key(['confirmed.placement_sk', 'borne.fund']) }},
    borne.fund_share_pct * borne.area_weight / 100.0
from {{ in_places(ref('int_session__borne')) }} as borne
inner join confirmed on borne.session_sk = confirmed.session_sk
