-- Persons of a priority group who were counselled, against two denominators that are never mixed: A all of working age, B those who state a need for work.
with groups as (
    select *
    from (values ('all'), ('poor'), ('near_poor'), ('newly_escaped'), ('disabled'), ('ethnic_minority')) as named (priority_group)
),

target as (
    select
        supply.district_code,
        groups.priority_group,
        count(distinct case when supply.person_sk = -1 then supply.supply_sk else supply.person_sk end) as working_age,
        count(distinct case when supply.person_sk = -1 then supply.supply_sk else supply.person_sk end)
        filter (where supply.wants_job) as with_need
    from {{ ref('fct_labour_supply') }} as supply
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'labour_survey' and supply.sender_code = latest.sender_code and supply.period = latest.period
    inner join groups on {{ in_group('supply', 'groups.priority_group') }}
    where supply.age_band not in ('0-14', '65+')
    group by supply.district_code, groups.priority_group
),

counselled as (
    select
        visit.district_code,
        groups.priority_group,
        count(distinct case when visit.person_sk = -1 then visit.visit_sk else visit.person_sk end) as counselled
    from {{ ref('fct_fair_attendance') }} as visit
    inner join groups on {{ in_group('visit', 'groups.priority_group') }}
    where visit.is_counselled
    group by visit.district_code, groups.priority_group
)

select
    target.district_code,
    area.name_vi as district,
    target.priority_group,
    {{ suppressed('coalesce(counselled.counselled, 0)') }} as counselled,
    {{ suppressed('target.working_age') }} as denominator_a_working_age,
    {{ suppressed('target.with_need') }} as denominator_b_with_need,
    case when target.working_age >= {{ var('smallest_cell') }} and coalesce(counselled.counselled, 0) not between 1 and {{ var('smallest_cell') }} - 1
            then round(coalesce(counselled.counselled, 0)::numeric / target.working_age, 4)
    end as coverage_a,
    case when target.with_need >= {{ var('smallest_cell') }} and coalesce(counselled.counselled, 0) not between 1 and {{ var('smallest_cell') }} - 1
            then round(coalesce(counselled.counselled, 0)::numeric / target.with_need, 4)
    end as coverage_b
from target
left join counselled on target.district_code = counselled.district_code and target.priority_group = counselled.priority_group
left join {{ ref('dim_area') }} as area on area.level = 'district' and target.district_code = area.code
