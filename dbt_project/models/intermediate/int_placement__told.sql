-- Starts with their periods. A match is a start that was confirmed with contract, insurance or pay evidence and came within 90 days of the service.
select
    placement.*,
    started.year_month,
    started.year::text as year,
    {{ who('placement', 'placement_sk') }} as who,
    person.sex,
    occupation.code as occupation_code,
    placement.check_start = 'in_job' and placement.start_evidence in ('contract', 'social_insurance', 'payslip')
    and coalesce(placement.days_to_start, 0) <= 90 as is_match
from {{ ref('fct_placement') }} as placement
inner join {{ ref('dim_date') }} as started on placement.start_date_sk = started.date_sk
inner join {{ ref('dim_occupation') }} as occupation on placement.occupation_sk = occupation.occupation_sk
inner join {{ ref('dim_person') }} as person on placement.person_sk = person.person_sk
