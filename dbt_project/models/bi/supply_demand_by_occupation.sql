-- Persons who work in, or seek work in, an occupation against the openings in it, by area, at VSCO level 2, where the feeds conform.
with supply as (
    select
        supply.area_mode,
        supply.area_code,
        supply.area,
        supply.occupation_sk,
        sum(supply.area_weight) as employed
    from {{ in_area_modes(ref('fct_labour_supply')) }} as supply
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'labour_survey' and supply.sender_code = latest.sender_code and supply.period = latest.period
    where supply.activity_status = 'employed'
    group by supply.area_mode, supply.area_code, supply.area, supply.occupation_sk
),

wanting as (
    select
        supply.area_mode,
        supply.area_code,
        supply.area,
        supply.wanted_occupation_sk as occupation_sk,
        case when supply.person_sk = -1 then supply.supply_sk else supply.person_sk end as who,
        max(supply.area_weight) as area_weight
    from {{ in_area_modes(ref('fct_labour_supply')) }} as supply
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'labour_survey' and supply.sender_code = latest.sender_code and supply.period = latest.period
    where supply.wants_job
    group by supply.area_mode, supply.area_code, supply.area, supply.wanted_occupation_sk, who
),

seeking as (
    select
        area_mode,
        area_code,
        area,
        occupation_sk,
        sum(area_weight) as seekers
    from wanting
    group by area_mode, area_code, area, occupation_sk
),

demand as (
    select
        demand.area_mode,
        demand.area_code,
        demand.area,
        demand.occupation_sk,
        sum(demand.openings * demand.area_weight) as openings
    from {{ in_area_modes(ref('fct_labour_demand')) }} as demand
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'employers' and demand.sender_code = latest.sender_code and demand.period = latest.period
    group by demand.area_mode, demand.area_code, demand.area, demand.occupation_sk
),

joined as (
    select
        area_mode,
        area_code,
        area,
        occupation_sk,
        trim_scale(round(coalesce(supply.employed, 0), 6)) as employed,
        trim_scale(round(coalesce(seeking.seekers, 0), 6)) as seekers,
        trim_scale(round(coalesce(demand.openings, 0), 6)) as openings
    from supply
    full join seeking using (area_mode, area_code, area, occupation_sk)
    full join demand using (area_mode, area_code, area, occupation_sk)
)

select
    joined.area_mode,
    joined.area_code,
    joined.area,
    occupation.code as occupation_code,
    occupation.label_vi as occupation_vi,
    occupation.label_en as occupation_en,
    {{ suppressed('joined.employed') }} as employed,
    {{ suppressed('joined.seekers') }} as seekers,
    joined.openings,
    case when joined.seekers >= {{ var('smallest_cell') }} then round(joined.openings / joined.seekers, 3) end as tension,
    {{ is_small('joined.seekers') }} or {{ is_small('joined.employed') }} as is_suppressed
from joined
inner join {{ ref('dim_occupation') }} as occupation on joined.occupation_sk = occupation.occupation_sk
