-- What: in each area mode the weights of a place sum to 1, so sums over the province are the same as reported and restated.
-- When it fails: a unit has no way to the communes of today (a gap between two versions), or a share is missing.
-- How to fix: look at the failing unit in bridge_area_succession and bridge_area_analysis, and correct the seeds of areas.
-- Only communes: a row of a fact that names only its district or the province is the area "unknown" where it is restated.
{{ config(severity='error') }}
with communes as (
    select * from {{ ref('dim_area') }}
    where level = 'commune'
),

shares as (select * from {{ ref('bridge_area_mode') }})

select
    communes.area_sk,
    communes.code,
    communes.valid_from,
    modes.area_mode,
    sum(shares.area_weight) as area_weight
from communes
cross join (values ('as_reported'), ('restated'), ('restated_former_district')) as modes (area_mode)
left join shares on communes.area_sk::text = shares.place and modes.area_mode = shares.area_mode
group by communes.area_sk, communes.code, communes.valid_from, modes.area_mode
having coalesce(abs(sum(shares.area_weight) - 1) > 0.000001, true)
