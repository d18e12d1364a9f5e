-- How far jobs could be coded, by district and feed: rows that carry a job, and the share of them that reaches each level.
with jobs as (
    select
        'labour_survey' as feed,
        district_code,
        occupation_official,
        occupation_detail,
        coding_method
    from {{ ref('fct_labour_supply') }}
    where activity_status = 'employed'
    union all
    select
        'job_orders',
        district_code,
        occupation_official,
        occupation_detail,
        coding_method
    from {{ ref('fct_job_order') }}
),

counted as (
    select
        feed,
        district_code,
        count(*) as jobs,
        count(*) filter (where length(occupation_official) >= 1) as at_level_1,
        count(*) filter (where length(occupation_official) >= 2) as at_level_2,
        count(*) filter (where length(occupation_official) >= 4) as at_level_4,
        count(*) filter (where length(occupation_official) >= 5) as at_level_5,
        count(*) filter (where occupation_detail <> occupation_official) as provisional,
        count(*) filter (where coding_method = 'given') as given,
        count(*) filter (where occupation_official is null) as uncodable
    from jobs
    group by feed, district_code
)

select
    counted.district_code,
    area.name_vi as district,
    counted.feed,
    counted.jobs,
    round(counted.at_level_1::numeric / counted.jobs, 4) as share_level_1,
    round(counted.at_level_2::numeric / counted.jobs, 4) as share_level_2,
    round(counted.at_level_4::numeric / counted.jobs, 4) as share_level_4,
    round(counted.at_level_5::numeric / counted.jobs, 4) as share_level_5,
    round(counted.provisional::numeric / counted.jobs, 4) as share_provisional,
    round(counted.given::numeric / counted.jobs, 4) as share_given,
    round(counted.uncodable::numeric / counted.jobs, 4) as share_uncodable
from counted
left join {{ ref('dim_area') }} as area on area.level = 'district' and counted.district_code = area.code
