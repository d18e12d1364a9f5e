-- Job starts and the persons who started; what became of the starts of a year. A match is the first start of a person in the year that was confirmed with
-- contract, insurance or pay evidence and came within 90 days of the service. In the job, lost and unknown are kept apart; what was not checked is none. By
-- occupation starts alone are told: outcomes of so few persons would be hidden.
with placed as (
    select * from {{ in_places(ref('int_placement__told')) }} as placement
),

told as (
    select
        placed.*,
        told.breakdown
    from placed
    cross join
        lateral {{ by_priority_group('placed', [
            ("'sex=' || placed.sex", 'true'), ("'channel=' || placed.channel", 'true'),
            ("'occupation=' || placed.occupation_code", 'true')
        ]) }} as told (breakdown, belongs)
    where told.belongs
),

-- months are too short for groups: almost every cell of them would be hidden
persons as (
    select
        lasting.period_kind,
        lasting.period,
        told.area_mode,
        told.area_code,
        told.area,
        told.breakdown,
        told.who,
        sum(told.area_weight) as starts,
        max(told.area_weight) as persons,
        coalesce(max(told.area_weight) filter (where told.is_match), 0) as matched
    from told
    cross join
        lateral (
            values ('year', told.year, true), ('month', told.year_month, told.breakdown = 'all')
        ) as lasting (period_kind, period, belongs)
    where lasting.belongs
    group by lasting.period_kind, lasting.period, told.area_mode, told.area_code, told.area, told.breakdown, told.who
),

counted as (
    select
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        {{ whole('sum(starts)') }} as starts,
        {{ whole('sum(persons)') }} as persons,
        {{ whole('sum(matched)') }} as matched
    from persons
    group by period_kind, period, area_mode, area_code, area, breakdown
),

checked as (
    select
        told.year,
        told.area_mode,
        told.area_code,
        told.area,
        told.breakdown,
        due.months,
        {{ whole("sum(told.area_weight) filter (where due.outcome = 'in_job')") }} as in_job,
        {{ whole("sum(told.area_weight) filter (where due.outcome = 'lost')") }} as lost,
        {{ whole("sum(told.area_weight) filter (where due.outcome = 'unknown')") }} as unknown
    from told
    cross join lateral (values ('m3', told.check_m3), ('m6', told.check_m6), ('m12', told.check_m12)) as due (months, outcome)
    where due.outcome <> 'not_checked' and not starts_with(told.breakdown, 'occupation=')
    group by told.year, told.area_mode, told.area_code, told.area, told.breakdown, due.months
)

select
    cell.metric,
    counted.period_kind,
    counted.period,
    counted.area_mode,
    counted.area_code,
    counted.area,
    counted.breakdown,
    cell.numerator,
    null::numeric as denominator,
    cell.numerator as value,
    case
        when counted.period_kind = 'year' and not starts_with(counted.breakdown, 'occupation=')
            then {{ fewest(['counted.matched', 'counted.persons - counted.matched']) }}
        else counted.persons
    end as persons
from counted
cross join lateral (values ('placements', counted.starts), ('placed_persons', counted.persons)) as cell (metric, numerator)
union all
select
    'successful_match',
    period_kind,
    period,
    area_mode,
    area_code,
    area,
    breakdown,
    matched,
    persons,
    {{ ratio('matched', 'persons') }},
    {{ fewest(['matched', 'persons - matched']) }}
from counted
where period_kind = 'year' and not starts_with(breakdown, 'occupation=')
union all
select
    cell.metric || checked.months,
    'year',
    checked.year,
    checked.area_mode,
    checked.area_code,
    checked.area,
    checked.breakdown,
    cell.numerator,
    cell.denominator,
    {{ ratio('cell.numerator', 'cell.denominator') }},
    {{ fewest(['checked.in_job', 'checked.lost', 'checked.unknown']) }}
from checked
cross join
    lateral (
        values
        ('sustained_', checked.in_job, checked.in_job + checked.lost),
        ('lost_', checked.lost, checked.in_job + checked.lost),
        ('not_reached_', checked.unknown, checked.in_job + checked.lost + checked.unknown)
    ) as cell (metric, numerator, denominator)
