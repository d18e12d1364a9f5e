with placements as (
    select * from {{ ref('fct_placement') }}
),

dates as (
    select * from {{ ref('dim_date') }}
)

select
    placements.placement_sk as row_key,
    'fct_placement' as fact,
    placements.batch_id,
    placements.row_no,
    placements.session_sk,
    dates.year::text as year
from placements
inner join dates on placements.start_date_sk = dates.date_sk
where placements.check_start = 'in_job'
