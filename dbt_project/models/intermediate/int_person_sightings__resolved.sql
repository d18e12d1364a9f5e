-- Walk-ins without a number are left out: they cannot be recognised again.
with surveyed as (select * from {{ ref('stg_labour_survey__person') }}),

attendances as (select * from {{ ref('stg_fair_attendance__attendance') }}),

sessions as (select * from {{ ref('int_sessions__merged_across_funds') }}),

checks as (select * from {{ ref('stg_placements__check') }}),

identities as (select * from {{ ref('stg_ops__person_identity') }}),

sightings as (
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
        batch_id,
        row_no
    from surveyed
    where person_key is not null
    union all
    select
        'fair_attendance' as feed,
        attendances.sender_code,
        attendances.period,
        attendances.person_key,
        attendances.person_method,
        attendances.sex,
        attendances.birth_date,
        sessions.held_on as seen_on,
        attendances.commune_code,
        attendances.priority_groups,
        attendances.batch_id,
        attendances.row_no
    from attendances
    left join sessions on attendances.sender_code = sessions.sender_code and attendances.session_no = sessions.session_no
    where attendances.person_key is not null
    union all
    -- the service centre sends no attribute of a person: those of any other feed, of any day, describe the person better
    select
        'placements' as feed,
        sender_code,
        period,
        person_key,
        person_method,
        null as sex,
        null as birth_date,
        null as seen_on,
        null as commune_code,
        null as priority_groups,
        batch_id,
        row_no
    from checks
    where person_key is not null
)

select
    sightings.*,
    coalesce(identities.person_key, sightings.person_key) as resolved_key,
    identities.method as link_method,
    identities.score as link_score,
    identities.state as link_state
from sightings
left join identities on sightings.person_key = identities.alias_key
