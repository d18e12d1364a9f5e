-- Openings that employers plan, by the last register of each year. They are compared with seekers where the sender's survey has arrived.
with demand as (
    select * from {{ ref('fct_labour_demand') }}
),

periods as (
    select * from {{ ref('int_periods__latest_of_year') }}
    where feed = 'employers'
),

first_rounds as (
    select
        sender_code,
        min(year) as year
    from {{ ref('int_periods__latest_of_year') }}
    where feed = 'labour_survey'
    group by sender_code
),

occupations as (
    select * from {{ ref('dim_occupation') }}
)

select
    demand.demand_sk as row_key,
    'fct_labour_demand' as fact,
    demand.batch_id,
    demand.row_no,
    demand.area_sk,
    demand.district_code,
    periods.year,
    occupations.code as occupation,
    demand.openings,
    case when first_rounds.year <= periods.year then demand.openings end as compared_openings
from demand
inner join periods on demand.sender_code = periods.sender_code and demand.period = periods.period
inner join occupations on demand.occupation_sk = occupations.occupation_sk
left join first_rounds on demand.sender_code = first_rounds.sender_code
