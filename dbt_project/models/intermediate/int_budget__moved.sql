-- Movements of the programme's money with the kind of money, once for each way in which they are told.
select
    movement.*,
    movement.budget_year::text as year,
    told.breakdown
from {{ ref('fct_budget_movement') }} as movement
inner join {{ ref('dim_fund') }} as fund on movement.fund_sk = fund.fund_sk
cross join
    lateral (
        values
        ('all'),
        ('fund_type=' || fund.fund_type),
        ('fund_type=' || fund.fund_type || ';fund_year=' || movement.fund_year),
        ('unit=' || movement.unit_code),
        ('unit=' || movement.unit_code || ';fund_type=' || fund.fund_type)
    ) as told (breakdown)
