-- Several rows of one person at one session are one visit. A walk-in without a number is a visit of its own: whether two of them are one person is unknown.
with attendances as (select * from {{ ref('stg_fair_attendance__attendance') }}),

identities as (select * from {{ ref('stg_ops__person_identity') }}),

sessions as (select * from {{ ref('int_sessions__merged_across_funds') }}),

areas as (select * from {{ ref('int_areas__keyed') }})

select
    attendances.*,
    {{ surrogate_key(['attendances.sender_code', 'attendances.session_no']) }} as session_sk,
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
from attendances
left join identities on attendances.person_key = identities.alias_key
left join sessions on attendances.sender_code = sessions.sender_code and attendances.session_no = sessions.session_no
left join areas on {{ is_commune_on('areas', 'attendances.commune_code', 'coalesce(sessions.held_on, attendances.valid_from)') }}
