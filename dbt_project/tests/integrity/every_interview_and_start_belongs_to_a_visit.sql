-- What: whoever was interviewed or started is among the visits of the session.
-- When it fails: visits and interviews were built from different states of one attendance list.
-- How to fix: build the session's partition again; fct_fair_attendance, fct_fair_interview and fct_placement are written from the same rows.
{{ config(severity='error') }}
select
    interview.sender_code,
    interview.session_no,
    interview.attendance_no
from {{ ref('fct_fair_interview') }} as interview
left join {{ ref('fct_fair_attendance') }} as visit on interview.visit_sk = visit.visit_sk
where visit.visit_sk is null and {{ in_build_scope('fair_attendance', 'interview') }}
