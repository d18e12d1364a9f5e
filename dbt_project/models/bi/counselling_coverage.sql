-- Two denominators that are never mixed: A all persons of working age in the survey round of the year, B those of them who state a need for work.
select
    period_kind,
    period,
    area_mode,
    area_code,
    area,
    breakdown,
    coalesce(substring(breakdown, '^priority_group=(.*)$'), 'all') as priority_group,
    max(numerator) filter (where metric = 'counselling_coverage_a') as counselled,
    max(numerator) filter (where metric = 'counselling_coverage_b') as counselled_with_need,
    max(denominator) filter (where metric = 'counselling_coverage_a') as denominator_a_working_age,
    max(denominator) filter (where metric = 'counselling_coverage_b') as denominator_b_with_need,
    max(value) filter (where metric = 'counselling_coverage_a') as coverage_a,
    max(value) filter (where metric = 'counselling_coverage_b') as coverage_b,
    bool_or(is_suppressed) as is_suppressed,
    {{ incomplete_metrics() }}
from {{ ref('indicator') }}
where metric in ('counselling_coverage_a', 'counselling_coverage_b') and (breakdown = 'all' or starts_with(breakdown, 'priority_group='))
group by period_kind, period, area_mode, area_code, area, breakdown
