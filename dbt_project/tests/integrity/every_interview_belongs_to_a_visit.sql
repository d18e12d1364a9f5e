-- What: a person who was interviewed is among the visits of the session.
-- When it fails: visits and interviews were built from different states of one attendance list.
-- How to fix: build the session's partition again; fct_fair_attendance and fct_fair_interview are written from the same rows.
{{ config(severity='error') }}
with interviews as (select * from {{ ref('fct_fair_interview') }}),

visits as (select * from {{ ref('fct_fair_attendance') }})

select
    interviews.sender_code,
    interviews.session_no,
    interviews.attendance_no
from interviews
left join visits on interviews.visit_sk = visits.visit_sk
where visits.visit_sk is null and {{ in_build_scope('fair_attendance', 'interviews') }}
