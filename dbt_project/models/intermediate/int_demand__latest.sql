-- The openings that employers plan, of the latest register of each sender, with the level-2 occupation.
select
    demand.*,
    occupation.code as occupation_code
from {{ ref('fct_labour_demand') }} as demand
inner join {{ ref('int_period__latest') }} as latest
    on latest.feed = 'employers' and demand.sender_code = latest.sender_code and demand.period = latest.period
inner join {{ ref('dim_occupation') }} as occupation on demand.occupation_sk = occupation.occupation_sk
