-- What: per unit and kind of money, what was carried into a year is what was carried out of the year before, where the year has anything carried in.
-- When it fails (a warning): one of the two years was sent or corrected without the other.
-- How to fix: the department sends the year that is wrong again; the audit blocks a delivery that does not balance with what is known then.
{{ config(severity='warn') }}
select
    sender_code,
    unit_code,
    fund.fund_type,
    budget_year + case when movement = 'carry_over_out' then 1 else 0 end as into_year,
    sum(amount_vnd) filter (where movement = 'carry_over_out') as carried_out,
    sum(amount_vnd) filter (where movement = 'carry_over_in') as carried_in
from {{ ref('fct_budget_movement') }} as moved
inner join {{ ref('dim_fund') }} as fund on moved.fund_sk = fund.fund_sk
where movement in ('carry_over_in', 'carry_over_out')
group by sender_code, unit_code, fund.fund_type, into_year
having
    sum(amount_vnd) filter (where movement = 'carry_over_in') is not null
    and sum(amount_vnd) filter (where movement = 'carry_over_in') is distinct from sum(amount_vnd) filter (where movement = 'carry_over_out')
