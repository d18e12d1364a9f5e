-- Rows of attendance with the keys that the fair facts share. A person of several rows of one session is one visit; a walk-in without a number is a visit of
-- its own, since nobody can say whether two of them are one.
select
    attendance.*,
    {{ surrogate_key(['attendance.sender_code', 'attendance.session_no']) }} as session_sk,
    case when attendance.person_key is null then -1 else {{ surrogate_key(['coalesce(same.person_key, attendance.person_key)']) }} end as person_sk,
    {{ surrogate_key([
        'attendance.sender_code', 'attendance.session_no', "coalesce(same.person_key, attendance.person_key, 'row ' || attendance.attendance_no)"
    ]) }} as visit_sk,
    session.held_on,
    coalesce(area.area_sk, -1) as residence_area_sk,
    coalesce(area.is_border, false) as is_border,
    coalesce(area.parent_district_code, attendance.sender_code) as district_code
from {{ ref('stg_fair_attendance__attendance') }} as attendance
left join {{ ref('stg_ops__person_identity') }} as same on attendance.person_key = same.alias_key
left join {{ ref('int_session__whole') }} as session
    on attendance.sender_code = session.sender_code and attendance.session_no = session.session_no
left join {{ ref('int_area__keyed') }} as area
    on area.level = 'commune' and attendance.commune_code = area.code
        and area.valid_from <= coalesce(session.held_on, attendance.valid_from)
        and coalesce(session.held_on, attendance.valid_from) < area.valid_to
