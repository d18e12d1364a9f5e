-- The rows behind the coverage of counselling.
with adults as (
    select * from {{ ref('int_supply__latest') }}
    where age_band not in ('0-14', '65+')
),

advised as (
    select
        visit.*,
        {{ who('visit', 'counselling_sk') }} as who
    from {{ ref('fct_counselling') }} as visit
)

select
    cell.metric,
    'all' as period_kind,
    'all' as period,
    adult.area_mode,
    adult.area_code,
    told.breakdown,
    'denominator' as part,
    'fct_labour_supply' as fact,
    adult.batch_id,
    adult.row_no,
    adult.who as unit,
    adult.area_weight as amount
from {{ told_of_the_area('adults', ['wants_job']) }} as adult
cross join lateral {{ by_priority_group('adult', [("'sex=' || adult.sex", 'true')]) }} as told (breakdown, belongs)
cross join lateral (values ('counselling_coverage_a', true), ('counselling_coverage_b', adult.wants_job)) as cell (metric, belongs)
where told.belongs and cell.belongs
union all
select
    cell.metric,
    'all',
    'all',
    person.area_mode,
    person.area_code,
    told.breakdown,
    'numerator',
    'fct_counselling',
    person.batch_id,
    person.row_no,
    person.who,
    person.area_weight
from {{ told_of_the_area('advised') }} as person
cross join lateral {{ by_priority_group('person', [("'sex=' || person.sex", 'true')]) }} as told (breakdown, belongs)
cross join (values ('counselling_coverage_a'), ('counselling_coverage_b')) as cell (metric)
where told.belongs
