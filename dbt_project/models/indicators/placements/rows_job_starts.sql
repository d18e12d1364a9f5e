-- A match is a start that was confirmed with contract, insurance or pay evidence and came within 90 days of the service. A check that did not reach the person
-- counts neither as in the job nor as lost; a check that was not made counts as nothing.
with placements as (
    select * from {{ ref('fct_placement') }}
),

dates as (
    select * from {{ ref('dim_date') }}
),

occupations as (
    select * from {{ ref('dim_occupation') }}
),

persons as (
    select * from {{ ref('dim_person') }}
)

select
    placements.placement_sk as row_key,
    {{ counting_key('placements', 'placement_sk') }} as unit_key,
    'fct_placement' as fact,
    placements.batch_id,
    placements.row_no,
    placements.area_sk,
    placements.district_code,
    dates.year_month as month,
    dates.year::text as year,
    persons.sex,
    placements.channel,
    occupations.code as occupation,
    {{ priority_columns('placements') }},
    placements.is_border,
    placements.check_start = 'in_job' and placements.start_evidence in ('contract', 'social_insurance', 'payslip')
    and coalesce(placements.days_to_start, 0) <= 90 as is_match,
    placements.check_m3 <> 'not_checked' as is_checked_m3,
    placements.check_m3 in ('in_job', 'lost') as is_reached_m3,
    placements.check_m3 = 'in_job' as is_in_job_m3,
    placements.check_m3 = 'lost' as is_lost_m3,
    placements.check_m3 = 'unknown' as is_not_reached_m3,
    placements.check_m6 <> 'not_checked' as is_checked_m6,
    placements.check_m6 in ('in_job', 'lost') as is_reached_m6,
    placements.check_m6 = 'in_job' as is_in_job_m6,
    placements.check_m6 = 'lost' as is_lost_m6,
    placements.check_m6 = 'unknown' as is_not_reached_m6,
    placements.check_m12 <> 'not_checked' as is_checked_m12,
    placements.check_m12 in ('in_job', 'lost') as is_reached_m12,
    placements.check_m12 = 'in_job' as is_in_job_m12,
    placements.check_m12 = 'lost' as is_lost_m12,
    placements.check_m12 = 'unknown' as is_not_reached_m12
from placements
inner join dates on placements.start_date_sk = dates.date_sk
inner join occupations on placements.occupation_sk = occupations.occupation_sk
inner join persons on placements.person_sk = persons.person_sk
