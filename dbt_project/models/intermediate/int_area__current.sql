-- Any version of a commune in the communes of today, however many reforms lie between: the weights of the steps are multiplied.
with recursive way as (
    select
        area_sk as from_area_sk,
        area_sk,
        valid_to,
        1::numeric as weight
    from {{ ref('int_area__keyed') }}
    where level = 'commune'
    union all
    select
        way.from_area_sk,
        step.to_area_sk,
        reached.valid_to,
        way.weight * step.weight
    from way
    inner join {{ ref('bridge_area_succession') }} as step on way.area_sk = step.from_area_sk and step.weight > 0
    inner join {{ ref('int_area__keyed') }} as reached on step.to_area_sk = reached.area_sk
)

select
    from_area_sk,
    area_sk as to_area_sk,
    sum(weight) as weight
from way
where valid_to = 'infinity'
group by from_area_sk, area_sk
