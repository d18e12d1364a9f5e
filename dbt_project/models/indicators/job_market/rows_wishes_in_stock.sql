with wishes as (
    select * from {{ ref('int_job_wishes__with_end_date') }}
),

periods as (
    select * from {{ ref('int_stock_periods') }}
),

senders as (
    select * from {{ ref('int_stock_senders') }}
)

select
    wishes.supply_sk as row_key,
    wishes.person_key as unit_key,
    'fct_labour_supply' as fact,
    wishes.batch_id,
    wishes.row_no,
    wishes.area_sk,
    wishes.district_code,
    case when periods.period_kind = 'month' then periods.period end as month,
    case when periods.period_kind = 'quarter' then periods.period end as quarter,
    wishes.occupation_code as occupation,
    wishes.sex,
    {{ priority_columns('wishes') }},
    wishes.is_border,
    coalesce(senders.comparable_from <= periods.last_day, false) as is_comparable
from wishes
inner join periods on wishes.wished_on <= periods.last_day and wishes.ended_on > periods.last_day
left join senders on wishes.sender_code = senders.sender_code
