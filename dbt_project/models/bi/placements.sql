-- Job starts by month, area of residence and occupation (VSCO level 2). One person may start once for each session; persons are counted beside starts.
with persons as (
    select
        started.year_month,
        placement.area_mode,
        placement.area_code,
        placement.area,
        placement.occupation_sk,
        placement.channel,
        case when placement.person_sk = -1 then placement.placement_sk else placement.person_sk end as who,
        sum(placement.area_weight) as starts,
        max(placement.area_weight) as persons
    from {{ in_area_modes(ref('fct_placement')) }} as placement
    inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk
    group by
        started.year_month, placement.area_mode, placement.area_code, placement.area, placement.occupation_sk, placement.channel, who
),

counted as (
    select
        year_month,
        area_mode,
        area_code,
        area,
        occupation_sk,
        channel,
        trim_scale(round(sum(starts), 6)) as starts,
        trim_scale(round(sum(persons), 6)) as persons
    from persons
    group by year_month, area_mode, area_code, area, occupation_sk, channel
)

select
    counted.year_month,
    counted.area_mode,
    counted.area_code,
    counted.area,
    occupation.code as occupation_code,
    occupation.label_vi as occupation_vi,
    occupation.label_en as occupation_en,
    counted.channel,
    {{ suppressed('counted.starts') }} as starts,
    {{ suppressed('counted.persons') }} as persons
from counted
inner join {{ ref('dim_occupation') }} as occupation on counted.occupation_sk = occupation.occupation_sk
