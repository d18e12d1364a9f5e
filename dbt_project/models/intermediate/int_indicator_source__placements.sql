-- The rows behind job starts and what became of them: that of the start, that of the check which says so, and, where starts are told by occupation, those that
-- gave the occupation: the order, else what the checks call the job, and the employer's record where its industry decided. These add nothing to the count.
with checks as (
    select
        {{ surrogate_key(['matched.chain_sender', 'matched.session_no', 'matched.chain_attendance_no']) }} as placement_sk,
        told.check_kind,
        told.batch_id,
        told.row_no
    from {{ ref('int_placement__matched') }} as matched
    inner join {{ ref('stg_placements__check') }} as told
        on matched.sender_code = told.sender_code and matched.placement_no = told.placement_no
    union all
    select
        {{ surrogate_key(['sender_code', 'placement_no']) }},
        check_kind,
        batch_id,
        row_no
    from {{ ref('stg_placements__check') }}
),

occupation_from as (
    select
        placement.placement_sk,
        giving.fact,
        giving.batch_id,
        giving.row_no
    from {{ ref('fct_placement') }} as placement
    left join {{ ref('fct_job_order') }} as job_order on placement.order_sk = job_order.order_sk
    left join {{ ref('dim_employer') }} as employer
        on placement.coding_method = 'industry_assisted' and coalesce(job_order.employer_sk, placement.employer_sk) = employer.employer_sk
    left join {{ ref('stg_employers__employer') }} as record on employer.batch_id = record.batch_id and employer.employer_no = record.employer_no
    cross join
        lateral (
            values ('fct_job_order', job_order.batch_id, job_order.row_no), ('dim_employer', record.batch_id, record.row_no)
        ) as giving (fact, batch_id, row_no)
    where giving.batch_id is not null and (giving.fact <> 'fct_job_order' or job_order.occupation_official is not null)
    union all
    select
        placement.placement_sk,
        'fct_placement',
        checks.batch_id,
        checks.row_no
    from {{ ref('fct_placement') }} as placement
    inner join checks on placement.placement_sk = checks.placement_sk
    left join {{ ref('fct_job_order') }} as job_order on placement.order_sk = job_order.order_sk
    where job_order.occupation_official is null and placement.occupation_sk > 0
),

told as not materialized (
    select
        placement.*,
        lasting.period_kind,
        lasting.lasting,
        groups.breakdown,
        lasting.period_kind = 'year' and not starts_with(groups.breakdown, 'occupation=') as has_outcomes
    from {{ in_places(ref('int_placement__told')) }} as placement
    cross join
        lateral {{ by_priority_group('placement', [
            ("'sex=' || placement.sex", 'true'), ("'channel=' || placement.channel", 'true'),
            ("'occupation=' || placement.occupation_code", 'true')
        ]) }} as groups (breakdown, belongs)
    cross join
        lateral (
            values
            ('year', placement.year, true), ('month', placement.year_month, groups.breakdown = 'all')
        ) as lasting (period_kind, lasting, belongs)
    where groups.belongs and lasting.belongs
),

counted as not materialized (
    select
        cell.metric,
        told.*,
        cell.part,
        cell.unit,
        'start' as check_kind
    from told
    cross join
        lateral (
            values
            ('placements', 'numerator', told.placement_sk, true),
            ('placed_persons', 'numerator', told.who, true),
            ('successful_match', 'numerator', told.who, told.has_outcomes and told.is_match),
            ('successful_match', 'denominator', told.who, told.has_outcomes)
        ) as cell (metric, part, unit, belongs)
    where cell.belongs
    union all
    select
        cell.metric || due.months,
        told.*,
        cell.part,
        told.placement_sk,
        due.months
    from told
    cross join lateral (values ('m3', told.check_m3), ('m6', told.check_m6), ('m12', told.check_m12)) as due (months, outcome)
    cross join
        lateral (
            values
            ('sustained_', 'numerator', due.outcome = 'in_job'),
            ('sustained_', 'denominator', due.outcome in ('in_job', 'lost')),
            ('lost_', 'numerator', due.outcome = 'lost'),
            ('lost_', 'denominator', due.outcome in ('in_job', 'lost')),
            ('not_reached_', 'numerator', due.outcome = 'unknown'),
            ('not_reached_', 'denominator', due.outcome <> 'not_checked')
        ) as cell (metric, part, belongs)
    where told.has_outcomes and cell.belongs
)

select
    metric,
    period_kind,
    lasting as period,
    area_mode,
    area_code,
    breakdown,
    part,
    'fct_placement' as fact,
    batch_id,
    row_no,
    unit,
    area_weight as amount
from counted
union all
select
    counted.metric,
    counted.period_kind,
    counted.lasting,
    counted.area_mode,
    counted.area_code,
    counted.breakdown,
    counted.part,
    'fct_placement',
    checks.batch_id,
    checks.row_no,
    counted.unit,
    counted.area_weight
from counted
inner join checks on counted.placement_sk = checks.placement_sk and counted.check_kind = checks.check_kind
where counted.metric not in ('placements', 'placed_persons')
union all
select
    counted.metric,
    counted.period_kind,
    counted.lasting,
    counted.area_mode,
    counted.area_code,
    counted.breakdown,
    counted.part,
    occupation_from.fact,
    occupation_from.batch_id,
    occupation_from.row_no,
    counted.unit,
    0
from counted
inner join occupation_from on counted.placement_sk = occupation_from.placement_sk
where starts_with(counted.breakdown, 'occupation=')
