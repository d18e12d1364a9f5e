-- Persons of a priority group who were counselled, against two denominators that are never mixed: A all of working age, B those who state a need for work.
with groups as (
    select *
    from (values ('all'), ('poor'), ('near_poor'), ('newly_escaped'), ('disabled'), ('ethnic_minority')) as named (priority_group)
),

of_working_age as (
    select
        supply.area_mode,
        supply.area_code,
        supply.area,
        groups.priority_group,
        case when supply.person_sk = -1 then supply.supply_sk else supply.person_sk end as who,
        max(supply.area_weight) as area_weight,
        bool_or(supply.wants_job) as wants_job
    from {{ in_area_modes(ref('fct_labour_supply')) }} as supply
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'labour_survey' and supply.sender_code = latest.sender_code and supply.period = latest.period
    inner join groups on {{ in_group('supply', 'groups.priority_group') }}
    where supply.age_band not in ('0-14', '65+')
    group by supply.area_mode, supply.area_code, supply.area, groups.priority_group, who
),

target as (
    select
        area_mode,
        area_code,
        area,
        priority_group,
        trim_scale(round(sum(area_weight), 6)) as working_age,
        trim_scale(round(coalesce(sum(area_weight) filter (where wants_job), 0), 6)) as with_need
    from of_working_age
    group by area_mode, area_code, area, priority_group
),

advised as (
    select
        visit.area_mode,
        visit.area_code,
        groups.priority_group,
        case when visit.person_sk = -1 then visit.counselling_sk else visit.person_sk end as who,
        max(visit.area_weight) as area_weight
    from {{ in_area_modes(ref('fct_counselling')) }} as visit
    inner join groups on {{ in_group('visit', 'groups.priority_group') }}
    group by visit.area_mode, visit.area_code, groups.priority_group, who
),

counselled as (
    select
        area_mode,
        area_code,
        priority_group,
        sum(area_weight) as counselled
    from advised
    group by area_mode, area_code, priority_group
),

joined as (
    select
        target.*,
        trim_scale(round(coalesce(counselled.counselled, 0), 6)) as counselled
    from target
    left join counselled
        on target.area_mode = counselled.area_mode and target.area_code = counselled.area_code
            and target.priority_group = counselled.priority_group
)

select
    area_mode,
    area_code,
    area,
    priority_group,
    {{ suppressed('counselled') }} as counselled,
    {{ suppressed('working_age') }} as denominator_a_working_age,
    {{ suppressed('with_need') }} as denominator_b_with_need,
    case when working_age >= {{ var('smallest_cell') }} and not {{ is_small('counselled') }} then round(counselled / working_age, 4) end as coverage_a,
    case when with_need >= {{ var('smallest_cell') }} and not {{ is_small('counselled') }} then round(counselled / with_need, 4) end as coverage_b
from joined
