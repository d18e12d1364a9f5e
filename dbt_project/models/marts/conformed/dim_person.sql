{{ config(incremental_strategy='merge', unique_key='person_sk', pre_hook='set local enable_nestloop = off') }}
-- The planner takes whom the scope touches for one person and would compare every sighting with every person: minutes. Hence no nested loop.
-- depends_on: {{ ref('dim_area') }}
-- Pseudonyms of persons, as the person was last seen. No name, number, birth date or address. One that stands for the person of another names it, with the
-- evidence; facts carry the person's key alone. The address told last is the person's: a later sighting that tells none does not take it away.
with in_scope as (
    select
        seen.person_key,
        seen.resolved_key
    from {{ ref('int_person__seen') }} as seen
    {% if is_incremental() %}
        inner join {{ source('ops', 'build_scope') }} as scope
            on seen.feed = scope.feed and seen.sender_code = scope.sender_code and seen.period = scope.period
    {% endif %}
),

touched as (
    select person_key as key from in_scope
    union
    select resolved_key from in_scope
),

-- whoever is touched and every pseudonym that stands for them: of a long history only their sightings matter
pseudonyms as (
    select key from touched
    union
    select same.alias_key
    from {{ ref('stg_ops__person_identity') }} as same
    inner join touched on same.person_key = touched.key
),

sightings as (
    select * from {{ ref('int_person__seen') }}
    where person_key in (select pseudonyms.key from pseudonyms)
),

-- a person is described by the sightings of every pseudonym, a pseudonym that stands for another by its own
described as (
    select
        *,
        person_key as key
    from sightings
    union all
    select
        *,
        resolved_key
    from sightings
    where resolved_key <> person_key
),

latest as (
    select distinct on (seen.key)
        {{ surrogate_key(['seen.key']) }} as person_sk,
        coalesce(max(seen.person_method) filter (where seen.person_key = seen.key) over (partition by seen.key), seen.person_method) as person_method,
        coalesce(seen.sex, 'unknown') as sex,
        {{ age_band('seen.birth_date', 'seen.seen_on') }} as age_band,
        {{ priority_flags('seen.priority_groups') }},
        coalesce(area.area_sk, -1) as area_sk,
        max(seen.seen_on) over (partition by seen.key) as last_seen_on,
        seen.batch_id,
        case when same.person_key is not null then {{ surrogate_key(['same.person_key']) }} end as same_person_sk,
        same.state as link_state,
        same.method as link_method,
        same.score as link_score
    from described as seen
    inner join touched on seen.key = touched.key
    left join {{ ref('stg_ops__person_identity') }} as same on seen.key = same.alias_key
    left join {{ ref('int_area__keyed') }} as area
        on area.level = 'commune' and seen.commune_code = area.code
            and seen.seen_on >= area.valid_from and seen.seen_on < area.valid_to
    order by seen.key asc, (seen.commune_code is null) asc, seen.seen_on desc nulls last, seen.batch_id desc
),

members as (
    select
        -1::bigint as person_sk,
        'none' as person_method,
        'unknown' as sex,
        'unknown' as age_band,
        false as is_poor,
        false as is_near_poor,
        false as is_newly_escaped,
        false as is_disabled,
        false as is_ethnic_minority,
        -1::bigint as area_sk,
        null::date as last_seen_on,
        -1::bigint as batch_id,
        null::bigint as same_person_sk,
        null as link_state,
        null as link_method,
        null::numeric as link_score
    union all
    select
        -2,
        'none',
        'unknown',
        'unknown',
        false,
        false,
        false,
        false,
        false,
        -2,
        null,
        -2,
        null,
        null,
        null,
        null
)

select * from latest
union all
select * from members
