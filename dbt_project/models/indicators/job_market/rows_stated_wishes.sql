with supply as (
    select * from {{ ref('fct_labour_supply') }}
),

dates as (
    select * from {{ ref('dim_date') }}
)

select
    supply.supply_sk as row_key,
    {{ counting_key('supply', 'supply_sk') }} as unit_key,
    'fct_labour_supply' as fact,
    supply.batch_id,
    supply.row_no,
    supply.area_sk,
    supply.district_code,
    dates.year_month as month
from supply
inner join dates on supply.surveyed_date_sk = dates.date_sk
where supply.wants_job
