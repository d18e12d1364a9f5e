-- Every time that a person was seen, by pseudonym, and which person that is; walk-ins without a number are nobody that could be known again.
with seen as (
    select
        'labour_survey' as feed,
        sender_code,
        period,
        person_key,
        person_method,
        sex,
        birth_date,
        surveyed_on as seen_on,
        commune_code,
        priority_groups,
        batch_id
    from {{ ref('stg_labour_survey__person') }}
    where person_key is not null
    union all
    select
        'fair_attendance',
        attendance.sender_code,
        attendance.period,
        attendance.person_key,
        attendance.person_method,
        attendance.sex,
        attendance.birth_date,
        session.held_on,
        attendance.commune_code,
        attendance.priority_groups,
        attendance.batch_id
    from {{ ref('stg_fair_attendance__attendance') }} as attendance
    left join {{ ref('int_session__whole') }} as session
        on attendance.sender_code = session.sender_code and attendance.session_no = session.session_no
    where attendance.person_key is not null
    union all
    -- the service centre tells of a person only that they are: whatever another feed told, whenever, describes them better
    select
        'placements',
        sender_code,
        period,
        person_key,
        person_method,
        null,
        null,
        null,
        null,
        null,
        batch_id
    from {{ ref('stg_placements__check') }}
    where person_key is not null
)

select
    seen.*,
    coalesce(same.person_key, seen.person_key) as resolved_key,
    same.method as link_method,
    same.score as link_score,
    same.state as link_state
from seen
left join {{ ref('stg_ops__person_identity') }} as same on seen.person_key = same.alias_key
