-- The latest survey of each sender, with the level-2 occupations in which a person works and wants to work.
select
    supply.*,
    {{ who('supply', 'supply_sk') }} as who,
    occupation.code as occupation_code,
    wanted.code as wanted_occupation_code
from {{ ref('fct_labour_supply') }} as supply
inner join {{ ref('int_period__latest') }} as latest
    on latest.feed = 'labour_survey' and supply.sender_code = latest.sender_code and supply.period = latest.period
inner join {{ ref('dim_occupation') }} as occupation on supply.occupation_sk = occupation.occupation_sk
inner join {{ ref('dim_occupation') }} as wanted on supply.wanted_occupation_sk = wanted.occupation_sk
