-- Persons counselled against two denominators that are never mixed: A all of working age, B those who state a need for work.
with adults as (
    select * from {{ ref('int_supply__latest') }}
    where age_band not in ('0-14', '65+')
),

advised as (
    select
        visit.*,
        {{ who('visit', 'counselling_sk') }} as who
    from {{ ref('fct_counselling') }} as visit
),

adults_of_area as {{ once_in_an_area('adults', ['bool_or(wants_job) as wants_job']) }},

advised_of_area as {{ once_in_an_area('advised') }},

target as (
    select
        adult.area_mode,
        adult.area_code,
        adult.area,
        told.breakdown,
        {{ whole('sum(adult.area_weight)') }} as working_age,
        {{ whole('sum(adult.area_weight) filter (where adult.wants_job)') }} as with_need
    from adults_of_area as adult
    cross join lateral {{ by_priority_group('adult', [("'sex=' || adult.sex", 'true')]) }} as told (breakdown, belongs)
    where told.belongs
    group by adult.area_mode, adult.area_code, adult.area, told.breakdown
),

counselled as (
    select
        person.area_mode,
        person.area_code,
        told.breakdown,
        {{ whole('sum(person.area_weight)') }} as persons
    from advised_of_area as person
    cross join lateral {{ by_priority_group('person', [("'sex=' || person.sex", 'true')]) }} as told (breakdown, belongs)
    where told.belongs
    group by person.area_mode, person.area_code, told.breakdown
)

select
    cell.metric,
    'all' as period_kind,
    'all' as period,
    target.area_mode,
    target.area_code,
    target.area,
    target.breakdown,
    coalesce(counselled.persons, 0) as numerator,
    cell.denominator,
    {{ ratio('coalesce(counselled.persons, 0)', 'cell.denominator') }} as value,
    {{ fewest(['counselled.persons', 'target.working_age', 'target.with_need']) }} as persons
from target
left join counselled
    on target.area_mode = counselled.area_mode and target.area_code = counselled.area_code and target.breakdown = counselled.breakdown
cross join
    lateral (
        values ('counselling_coverage_a', target.working_age), ('counselling_coverage_b', target.with_need)
    ) as cell (metric, denominator)
