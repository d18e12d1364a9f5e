-- What: per unit and kind of money, the amount carried into a year is the amount carried out of the year before, where the year has anything carried in.
-- When it fails (a warning): one of the two years was sent or corrected without the other.
-- How to fix: the department sends the year that is wrong again; the audit blocks a delivery that does not balance with the records known then.
{{ config(severity='warn') }}
with movements as (select * from {{ ref('fct_budget_movement') }}),

funds as (select * from {{ ref('dim_fund') }})

select
    movements.sender_code,
    movements.unit_code,
    funds.fund_type,
    movements.budget_year + case when movements.movement = 'carry_over_out' then 1 else 0 end as into_year,
    sum(movements.amount_vnd) filter (where movements.movement = 'carry_over_out') as carried_out,
    sum(movements.amount_vnd) filter (where movements.movement = 'carry_over_in') as carried_in
from movements
inner join funds on movements.fund_sk = funds.fund_sk
where movements.movement in ('carry_over_in', 'carry_over_out')
group by movements.sender_code, movements.unit_code, funds.fund_type, into_year
having
    sum(movements.amount_vnd) filter (where movements.movement = 'carry_over_in') is not null
    and sum(movements.amount_vnd) filter (where movements.movement = 'carry_over_in')
    is distinct from sum(movements.amount_vnd) filter (where movements.movement = 'carry_over_out')
