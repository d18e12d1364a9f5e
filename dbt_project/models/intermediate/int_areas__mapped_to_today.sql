-- A version may reach today through several reforms: the weights of the steps are multiplied.
with recursive areas as (select * from {{ ref('int_areas__keyed') }}),

successions as materialized (
    select * from {{ ref('int_area_successions__weighted') }}
    where weight > 0
),

steps as (
    select
        area_sk as from_area_sk,
        area_sk as to_area_sk,
        valid_to,
        1::numeric as weight
    from areas
    where level = 'commune'
    union all
    select
        steps.from_area_sk,
        successions.to_area_sk,
        areas.valid_to,
        steps.weight * successions.weight as weight
    from steps
    inner join successions on steps.to_area_sk = successions.from_area_sk
    inner join areas on successions.to_area_sk = areas.area_sk
)

select
    from_area_sk,
    to_area_sk,
    sum(weight) as weight
from steps
where valid_to = 'infinity'
group by from_area_sk, to_area_sk
