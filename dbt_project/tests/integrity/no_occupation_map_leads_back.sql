-- What: following a code's targets never leads back to it.
-- When it fails: a provisional code was promoted to a code that counts as it.
-- How to fix: the promotion names the wrong code; lmw occupation history CODE shows who decided it.
{{ config(severity='error') }}
with recursive walked as (
    select
        from_occupation_sk as origin,
        to_occupation_sk as reached,
        1 as steps
    from {{ ref('bridge_occupation_map') }}
    union all
    select
        walked.origin,
        map.to_occupation_sk,
        walked.steps + 1
    from walked
    inner join {{ ref('bridge_occupation_map') }} as map on walked.reached = map.from_occupation_sk
    where walked.steps < 10 and walked.reached <> walked.origin
)

select distinct origin
from walked
where reached = origin
