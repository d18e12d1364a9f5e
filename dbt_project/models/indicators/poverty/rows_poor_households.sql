-- The members of a household are those whom the survey found under its number in its commune; one that the survey links to no person has none. A start counts
-- until the twelve months from the day of the review are over, so that later years do not change an earlier vintage. Sustained: a member is found in the job
-- after 6 or 12 months.
with households as (
    select * from {{ ref('fct_poverty_household') }}
    where is_poor and has_working_age
),

members as (
    select * from {{ ref('int_household_members__linked') }}
),

placements as (
    select * from {{ ref('fct_placement') }}
),

placed_households as (
    select
        members.household_sk,
        bool_or(placements.check_m6 = 'in_job' or placements.check_m12 = 'in_job') as is_sustained
    from households
    inner join members on households.household_sk = members.household_sk
    -- the key of a day is YYYYMMDD: that of the same day a year later is greater by 10000
    inner join placements on members.person_sk = placements.person_sk and placements.start_date_sk < households.as_of_date_sk + 10000
    group by members.household_sk
)

select
    households.household_sk as row_key,
    'fct_poverty_household' as fact,
    households.batch_id,
    households.row_no,
    households.area_sk,
    households.district_code,
    households.vintage,
    households.standard_version as standard,
    placed_households.household_sk is null as is_unplaced,
    coalesce(placed_households.is_sustained, false) as is_sustained
from households
left join placed_households on households.household_sk = placed_households.household_sk
