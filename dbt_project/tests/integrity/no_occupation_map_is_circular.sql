-- What: the targets of a code, and their targets, never include the code itself.
-- When it fails: a provisional code was promoted to a code that counts as it.
-- How to fix: the promotion names the wrong code; lmw occupation history CODE shows who decided it.
{{ config(severity='error') }}
with recursive maps as (select * from {{ ref('bridge_occupation_map') }}),

reached as (
    select
        from_occupation_sk as origin,
        to_occupation_sk as target,
        1 as steps
    from maps
    union all
    select
        reached.origin,
        maps.to_occupation_sk as target,
        reached.steps + 1 as steps
    from reached
    inner join maps on reached.target = maps.from_occupation_sk
    where reached.steps < 10 and reached.target <> reached.origin
)

select distinct origin
from reached
where target = origin
