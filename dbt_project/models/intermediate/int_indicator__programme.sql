-- The programme's money by budget year, fund year and kind of money, and how the plans of a year stood at each month's end: both are of an office and of no
-- land, and told for the province. What a start of the sessions cost, where they were held.
with money as (
    select
        year as period,
        breakdown,
        coalesce(sum(amount_vnd) filter (where movement = 'allocation'), 0)
        + coalesce(sum(amount_vnd) filter (where movement = 'transfer_in'), 0)
        - coalesce(sum(amount_vnd) filter (where movement = 'transfer_out'), 0) as allocated,
        coalesce(sum(amount_vnd) filter (where movement = 'carry_over_in'), 0) as carried_in,
        coalesce(sum(amount_vnd) filter (where movement = 'carry_over_out'), 0) as carried_out,
        coalesce(sum(amount_vnd) filter (where movement = 'disbursement'), 0) as disbursed,
        coalesce(sum(amount_vnd * (budget_year - fund_year)) filter (where movement = 'disbursement'), 0) as years_spent
    from {{ ref('int_budget__moved') }}
    group by year, breakdown
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

confirmed_of_session as (
    select
        session_sk,
        sum(starts) as starts
    from confirmed
    group by session_sk
),

-- a session of several funds shares its starts out with its cost
session_cost as (
    select
        borne.year as period,
        borne.area_mode,
        borne.area_code,
        borne.area,
        borne.breakdown,
        {{ whole('sum(borne.cost_settled_vnd * borne.area_weight)') }} as cost_vnd,
        {{ whole('sum(starts.starts * borne.fund_share_pct * borne.area_weight / 100.0)') }} as starts
    from {{ in_places(ref('int_session__borne')) }} as borne
    left join confirmed_of_session as starts on borne.session_sk = starts.session_sk
    group by borne.year, borne.area_mode, borne.area_code, borne.area, borne.breakdown
),

units as (
    select
        year_month as period,
        plan_year,
        unit_code,
        bool_and(is_approved) as all_approved
    from {{ ref('int_plan__at_month_end') }}
    group by year_month, plan_year, unit_code
),

statuses as (
    select
        year_month as period,
        plan_year,
        plan_status,
        count(*) as in_status,
        sum(count(*)) over (partition by year_month, plan_year) as known
    from {{ ref('int_plan__at_month_end') }}
    group by year_month, plan_year, plan_status
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
    null::numeric as persons
from cells
union all
select
    'cost_per_placement',
    'year',
    period,
    area_mode,
    area_code,
    area,
    breakdown,
    cost_vnd,
    starts,
    {{ ratio('cost_vnd', 'starts', 0) }},
    starts as persons
from session_cost
