-- What: the weights by which an ended unit is divided sum to 1, and exactly one of its successors is the default.
-- When it fails: a target is missing from seeds/area/area_succession.csv, or a weight or is_default was typed wrongly; restated totals would differ from the
-- reported ones.
-- How to fix: correct the rows of that unit from the resolution named in legal_basis.
{{ config(severity='error') }}
select
    from_area_sk,
    min(from_code) as from_code,
    min(effective_date) as effective_date,
    sum(weight) as weight,
    count(*) filter (where is_default) as defaults
from {{ ref('bridge_area_succession') }}
group by from_area_sk
having
    abs(sum(weight) - 1) > 0.000001
    or count(*) filter (where is_default) <> 1
    or count(weight_published) not in (0, count(*))
    or (count(weight_published) = 0 and bool_or(share_kind <> 'part'))
