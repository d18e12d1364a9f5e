-- A session number is the district's own, so the person and the number are not enough: the employer and its district must agree too. Of several placements
-- the one nearest in time is taken; one placement for one start.
with attendances as (select * from {{ ref('stg_fair_attendance__attendance') }}),

identities as (select * from {{ ref('stg_ops__person_identity') }}),

placements as (select * from {{ ref('int_placements__with_checks') }})

select distinct on (attendances.sender_code, attendances.session_no, attendances.attendance_no)
    placements.*,
    attendances.sender_code as attendance_sender_code,
    attendances.attendance_no
from attendances
left join identities on attendances.person_key = identities.alias_key
inner join placements
    on placements.person_key = coalesce(identities.person_key, attendances.person_key) and attendances.session_no = placements.session_no
        and coalesce(placements.employer_district, attendances.sender_code) = attendances.sender_code
        and coalesce(placements.employer_no, attendances.employer_no, '') = coalesce(attendances.employer_no, '')
where attendances.accepted and attendances.start_date is not null
order by
    attendances.sender_code asc, attendances.session_no asc, attendances.attendance_no asc,
    abs(attendances.start_date - placements.start_date) asc, placements.sender_code asc, placements.placement_no asc
