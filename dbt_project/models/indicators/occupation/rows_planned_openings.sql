with demand as (
    select * from {{ ref('fct_labour_demand') }}
),

periods as (
    select * from {{ ref('int_periods__latest_of_year') }}
    where feed = 'employers'
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
    demand.openings
from demand
inner join periods on demand.sender_code = periods.sender_code and demand.period = periods.period
inner join occupations on demand.occupation_sk = occupations.occupation_sk
