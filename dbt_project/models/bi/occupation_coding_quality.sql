-- Of the rows that have a job, the share that was coded to each level.
select
    area_mode,
    area_code,
    area,
    substring(breakdown, '^feed=(.*)$') as feed,
    max(denominator) as jobs,
    max(value) filter (where metric = 'coded_level_1') as share_level_1,
    max(value) filter (where metric = 'coded_level_2') as share_level_2,
    max(value) filter (where metric = 'coded_level_4') as share_level_4,
    max(value) filter (where metric = 'coded_level_5') as share_level_5,
    max(value) filter (where metric = 'coded_provisional') as share_provisional,
    max(value) filter (where metric = 'coded_by_sender') as share_given,
    max(value) filter (where metric = 'uncodable') as share_uncodable
from {{ ref('indicator') }}
where metric in ('coded_level_1', 'coded_level_2', 'coded_level_4', 'coded_level_5', 'coded_provisional', 'coded_by_sender', 'uncodable')
group by area_mode, area_code, area, breakdown
