-- Job starts by month, district of residence and occupation (VSCO level 2). One person may start once for each session; persons are counted beside starts.
select
    started.year_month,
    placement.district_code,
    area.name_vi as district,
    occupation.code as occupation_code,
    occupation.label_vi as occupation_vi,
    occupation.label_en as occupation_en,
    placement.channel,
    {{ suppressed('count(*)') }} as starts,
    {{ suppressed('count(distinct case when placement.person_sk = -1 then placement.placement_sk else placement.person_sk end)') }} as persons
from {{ ref('fct_placement') }} as placement
inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk
inner join {{ ref('dim_occupation') }} as occupation on placement.occupation_sk = occupation.occupation_sk
left join {{ ref('dim_area') }} as area on area.level = 'district' and placement.district_code = area.code
group by
    started.year_month, placement.district_code, area.name_vi, occupation.code, occupation.label_vi, occupation.label_en, placement.channel
