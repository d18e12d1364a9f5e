-- How far jobs could be coded, by area and feed: rows that carry a job, and the share of them that reaches each level.
with jobs as (
    select
        'labour_survey' as feed,
        area_mode,
        area_code,
        area,
        area_weight,
        occupation_official,
        occupation_detail,
        coding_method
    from {{ in_area_modes(ref('fct_labour_supply')) }} as fact
    where activity_status = 'employed'
    union all
    select
        'job_orders',
        area_mode,
        area_code,
        area,
        area_weight,
        occupation_official,
        occupation_detail,
        coding_method
    from {{ in_area_modes(ref('fct_job_order')) }} as fact
),

counted as (
    select
        feed,
        area_mode,
        area_code,
        area,
        trim_scale(round(sum(area_weight), 6)) as jobs,
        coalesce(sum(area_weight) filter (where length(occupation_official) >= 1), 0) as at_level_1,
        coalesce(sum(area_weight) filter (where length(occupation_official) >= 2), 0) as at_level_2,
        coalesce(sum(area_weight) filter (where length(occupation_official) >= 4), 0) as at_level_4,
        coalesce(sum(area_weight) filter (where length(occupation_official) >= 5), 0) as at_level_5,
        coalesce(sum(area_weight) filter (where occupation_detail <> occupation_official), 0) as provisional,
        coalesce(sum(area_weight) filter (where coding_method = 'given'), 0) as given,
        coalesce(sum(area_weight) filter (where occupation_official is null), 0) as uncodable
    from jobs
    group by feed, area_mode, area_code, area
)

select
    counted.area_mode,
    counted.area_code,
    counted.area,
    counted.feed,
    counted.jobs,
    round(counted.at_level_1 / counted.jobs, 4) as share_level_1,
    round(counted.at_level_2 / counted.jobs, 4) as share_level_2,
    round(counted.at_level_4 / counted.jobs, 4) as share_level_4,
    round(counted.at_level_5 / counted.jobs, 4) as share_level_5,
    round(counted.provisional / counted.jobs, 4) as share_provisional,
    round(counted.given / counted.jobs, 4) as share_given,
    round(counted.uncodable / counted.jobs, 4) as share_uncodable
from counted
