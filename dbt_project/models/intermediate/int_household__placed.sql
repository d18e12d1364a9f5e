-- Poor households with somebody of working age: whether any of its persons ever started a job, and is in one that lasts (found in it after 6 or 12 months). A
-- household that the survey links to nobody has nobody.
with placed as (
    select
        member.household_sk,
        bool_or(placement.check_m6 = 'in_job' or placement.check_m12 = 'in_job') as is_sustained
    from {{ ref('int_household_members__linked') }} as member
    inner join {{ ref('fct_placement') }} as placement on member.person_sk = placement.person_sk
    group by member.household_sk
)

select
    household.*,
    placed.household_sk is not null as is_placed,
    coalesce(placed.is_sustained, false) as is_sustained
from {{ ref('fct_poverty_household') }} as household
left join placed on household.household_sk = placed.household_sk
where household.is_poor and household.has_working_age
