-- Several rows of one person at one session are one visit. A walk-in without a number is a visit of its own: whether two of them are one person is unknown.
-- No CTE here: PostgreSQL plans a view with one apart from the query that joins it.
select
    attendances.*,
    case
        when sessions.session_no is null then -1
        else {{ surrogate_key(['attendances.sender_code', 'attendances.session_no']) }}
    end as session_sk,
    case
        when attendances.person_key is null then -1
        else {{ surrogate_key(['coalesce(identities.person_key, attendances.person_key)']) }}
    end as person_sk,
    {{ surrogate_key([
        'attendances.sender_code', 'attendances.session_no',
        "coalesce(identities.person_key, attendances.person_key, 'row ' || attendances.attendance_no)"
    ]) }} as visit_sk,
    sessions.held_on,
    coalesce(areas.area_sk, -1) as residence_area_sk,
    coalesce(areas.is_border, false) as is_border,
    coalesce(areas.parent_district_code, attendances.sender_code) as district_code
from {{ ref('stg_fair_attendance__attendance') }} as attendances
left join {{ ref('stg_ops__person_identity') }} as identities on attendances.person_key = identities.alias_key
left join {{ ref('int_sessions__merged_across_funds') }} as sessions
    on attendances.sender_code = sessions.sender_code and attendances.session_no = sessions.session_no
left join {{ ref('int_areas__keyed') }} as areas
    on {{ is_commune_on('areas', 'attendances.commune_code', 'coalesce(sessions.held_on, attendances.valid_from)') }}
