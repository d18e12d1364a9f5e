-- The rows behind job starts and what became of them: that of the start, and that of the check which says so.
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
            ("'occupation=' || placement.occupation_code", "placement.area_mode = 'as_reported'")
        ]) }} as groups (breakdown, belongs)
    cross join
        lateral (
            values
            ('year', placement.year, true), ('month', placement.year_month, placement.area_mode = 'as_reported' and groups.breakdown = 'all')
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
