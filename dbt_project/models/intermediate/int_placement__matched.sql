-- Which start of the attendance chain a followed placement is: the same person, session, employer and its district; of several the one nearest in time. A
-- session's number is its district's own, so the person alone would not do. One placement for one start.
select distinct on (chain.sender_code, chain.session_no, chain.attendance_no)
    followed.*,
    chain.sender_code as chain_sender,
    chain.attendance_no as chain_attendance_no
from {{ ref('stg_fair_attendance__attendance') }} as chain
left join {{ ref('stg_ops__person_identity') }} as same on chain.person_key = same.alias_key
inner join {{ ref('int_placement__followed') }} as followed
    on followed.person_key = coalesce(same.person_key, chain.person_key) and chain.session_no = followed.session_no
        and coalesce(followed.employer_district, chain.sender_code) = chain.sender_code
        and coalesce(followed.employer_no, chain.employer_no, '') = coalesce(chain.employer_no, '')
where chain.accepted and chain.start_date is not null
order by chain.sender_code, chain.session_no, chain.attendance_no, abs(chain.start_date - followed.start_date), followed.sender_code, followed.placement_no
