-- Persons who work in, or seek work in, an occupation against the openings in it, by district, at VSCO level 2, where the feeds conform.
with supply as (
    select
        supply.district_code,
        supply.occupation_sk,
        count(distinct supply.supply_sk) as employed
    from {{ ref('fct_labour_supply') }} as supply
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'labour_survey' and supply.sender_code = latest.sender_code and supply.period = latest.period
    where supply.activity_status = 'employed'
    group by supply.district_code, supply.occupation_sk
),

seeking as (
    select
        supply.district_code,
        supply.wanted_occupation_sk as occupation_sk,
        count(distinct case when supply.person_sk = -1 then supply.supply_sk else supply.person_sk end) as seekers
    from {{ ref('fct_labour_supply') }} as supply
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'labour_survey' and supply.sender_code = latest.sender_code and supply.period = latest.period
    where supply.wants_job
    group by supply.district_code, supply.wanted_occupation_sk
),

demand as (
    select
        demand.district_code,
        demand.occupation_sk,
        sum(demand.openings) as openings
    from {{ ref('fct_labour_demand') }} as demand
    inner join {{ ref('int_period__latest') }} as latest
        on latest.feed = 'employers' and demand.sender_code = latest.sender_code and demand.period = latest.period
    group by demand.district_code, demand.occupation_sk
),

joined as (
    select
        district_code,
        occupation_sk,
        coalesce(supply.employed, 0) as employed,
        coalesce(seeking.seekers, 0) as seekers,
        coalesce(demand.openings, 0)::bigint as openings
    from supply
    full join seeking using (district_code, occupation_sk)
    full join demand using (district_code, occupation_sk)
)

select
    joined.district_code,
    area.name_vi as district,
    occupation.code as occupation_code,
    occupation.label_vi as occupation_vi,
    occupation.label_en as occupation_en,
    {{ suppressed('joined.employed') }} as employed,
    {{ suppressed('joined.seekers') }} as seekers,
    joined.openings,
    case
        when joined.seekers >= {{ var('smallest_cell') }} then round(joined.openings::numeric / joined.seekers, 3)
    end as tension,
    joined.seekers between 1 and {{ var('smallest_cell') }} - 1
    or joined.employed between 1 and {{ var('smallest_cell') }} - 1 as is_suppressed
from joined
inner join {{ ref('dim_occupation') }} as occupation on joined.occupation_sk = occupation.occupation_sk
left join {{ ref('dim_area') }} as area on area.level = 'district' and joined.district_code = area.code
