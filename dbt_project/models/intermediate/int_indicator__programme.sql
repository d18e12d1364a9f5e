-- The programme's money by budget year, fund year and kind of money; what a start cost; and how the plans of a year stood at each month's end.
with moved as (
    select
        movement.budget_year::text as period,
        movement.fund_year,
        fund.fund_type,
        movement.unit_code,
        movement.movement,
        movement.amount_vnd
    from {{ ref('fct_budget_movement') }} as movement
    inner join {{ ref('dim_fund') }} as fund on movement.fund_sk = fund.fund_sk
),

money as (
    select
        moved.period,
        told.breakdown,
        coalesce(sum(moved.amount_vnd) filter (where moved.movement = 'allocation'), 0)
        + coalesce(sum(moved.amount_vnd) filter (where moved.movement = 'transfer_in'), 0)
        - coalesce(sum(moved.amount_vnd) filter (where moved.movement = 'transfer_out'), 0) as allocated,
        coalesce(sum(moved.amount_vnd) filter (where moved.movement = 'carry_over_in'), 0) as carried_in,
        coalesce(sum(moved.amount_vnd) filter (where moved.movement = 'carry_over_out'), 0) as carried_out,
        coalesce(sum(moved.amount_vnd) filter (where moved.movement = 'disbursement'), 0) as disbursed,
        coalesce(sum(moved.amount_vnd) filter (where moved.movement = 'recovery'), 0) as recovered,
        coalesce(sum(moved.amount_vnd * (moved.period::int - moved.fund_year)) filter (where moved.movement = 'disbursement'), 0) as years_spent
    from moved
    cross join
        lateral (
            values
            ('all'),
            ('fund_type=' || moved.fund_type),
            ('fund_type=' || moved.fund_type || ';fund_year=' || moved.fund_year),
            ('unit=' || moved.unit_code),
            ('unit=' || moved.unit_code || ';fund_type=' || moved.fund_type)
        ) as told (breakdown)
    group by moved.period, told.breakdown
),

confirmed as (
    select
        placement.session_sk,
        started.year::text as period,
        count(*) as starts
    from {{ ref('fct_placement') }} as placement
    inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk
    where placement.check_start = 'in_job'
    group by placement.session_sk, started.year
),

-- a session whose cost is not settled yet is left out with its starts; of several funds each has its share of both
borne as (
    select
        held.year::text as period,
        share.fund,
        session.kind,
        share.cost_settled_vnd as cost_vnd,
        coalesce((select sum(confirmed.starts) from confirmed where confirmed.session_sk = session.session_sk), 0) * share.fund_share_pct / 100.0 as starts
    from {{ ref('bridge_session_fund') }} as share
    inner join {{ ref('fct_fair_session') }} as session on share.session_sk = session.session_sk
    inner join {{ ref('dim_date') }} as held on session.held_date_sk = held.date_sk
    where share.cost_settled_vnd is not null
),

session_cost as (
    select
        borne.period,
        told.breakdown,
        sum(borne.cost_vnd) as cost_vnd,
        {{ whole('sum(borne.starts)') }} as starts
    from borne
    cross join
        lateral (
            values ('all'), ('fund=' || borne.fund), ('kind=' || borne.kind), ('fund=' || borne.fund || ';kind=' || borne.kind)
        ) as told (breakdown)
    group by borne.period, told.breakdown
),

first_plan as (select date_trunc('month', min(status_on)) as begins_on from {{ ref('fct_programme_plan') }}),

-- of each plan of the year, the status that held at the end of the month
plans as (
    select
        to_char(month, 'YYYY-MM') as period,
        step.plan_year,
        step.unit_code,
        step.plan_status,
        step.plan_status in ('approved', 'carried_over') as is_approved
    from {{ ref('int_day__told') }} as known
    cross join first_plan as first
    cross join lateral generate_series(first.begins_on, known.day, interval '1 month') as month
    cross join lateral (values (least((month + interval '1 month')::date - 1, known.day))) as month_end (day)
    inner join {{ ref('fct_programme_plan') }} as step on month_end.day >= step.status_on and month_end.day < step.next_status_on
),

units as (
    select
        plans.period,
        plans.plan_year,
        plans.unit_code,
        bool_and(plans.is_approved) as all_approved
    from plans
    group by plans.period, plans.plan_year, plans.unit_code
),

statuses as (
    select
        period,
        plan_year,
        plan_status,
        count(*) as in_status,
        sum(count(*)) over (partition by period, plan_year) as known
    from plans
    group by period, plan_year, plan_status
),

lateness as (
    select
        plan_year::text as period,
        told.breakdown,
        sum(days_late) as days_late,
        count(days_late) as submitted
    from {{ ref('fct_programme_plan') }}
    cross join lateral (values ('all'), ('unit=' || unit_code)) as told (breakdown)
    where is_latest
    group by plan_year, told.breakdown
),

cells as (
    select
        cell.metric,
        'year' as period_kind,
        money.period,
        money.breakdown,
        cell.numerator,
        cell.denominator,
        cell.digits
    from money
    cross join
        lateral (
            values
            ('disbursement_rate', money.disbursed, money.allocated + money.carried_in, 4),
            ('carry_over_rate', money.carried_out, money.allocated + money.carried_in, 4),
            ('age_of_money', money.years_spent, money.disbursed, 2),
            ('allocated_vnd', money.allocated, null, 0),
            ('disbursed_vnd', money.disbursed, null, 0)
        ) as cell (metric, numerator, denominator, digits)
    union all
    select
        'programme_cost_per_placement',
        'year',
        money.period,
        money.breakdown,
        money.disbursed,
        (select sum(confirmed.starts) from confirmed where confirmed.period = money.period),
        0
    from money
    where money.breakdown = 'all'
    union all
    select
        'cost_per_placement',
        'year',
        period,
        breakdown,
        cost_vnd,
        starts,
        0
    from session_cost
    union all
    select
        'units_approved',
        'month',
        period,
        'plan_year=' || plan_year,
        count(*) filter (where all_approved),
        count(*),
        4
    from units
    group by period, plan_year
    union all
    select
        'plans_in_status',
        'month',
        period,
        'plan_year=' || plan_year || ';status=' || plan_status,
        in_status,
        known,
        4
    from statuses
    union all
    select
        'plan_days_late',
        'year',
        period,
        breakdown,
        days_late,
        submitted,
        1
    from lateness
    where submitted > 0
)

select
    metric,
    period_kind,
    period,
    'as_reported' as area_mode,
    'all' as area_code,
    'Toàn tỉnh' as area,
    breakdown,
    numerator,
    denominator,
    case when denominator is null then numerator else round(numerator / nullif(denominator, 0), digits) end as value,
    case when metric = 'cost_per_placement' then denominator end as persons
from cells
