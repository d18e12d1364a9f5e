{{ config(incremental_strategy='merge_and_remove', unique_key='person_sk', pre_hook='set local enable_nestloop = off') }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- No nested loops: the planner expects one person in scope and would compare every sighting with every person, which takes minutes.
-- No name, number, birth date or address. A pseudonym that was linked to another person names that person, with the evidence; facts carry the key of the
-- person. The address is the latest known one: a later sighting without an address does not remove it.
with person_sightings as not materialized (select * from {{ ref('int_person_sightings__resolved') }}),

identities as not materialized (select * from {{ ref('stg_ops__person_identity') }}),

areas as (select * from {{ ref('int_areas__keyed') }}),

-- the sightings that a correction took away too: what is left of the person describes it now
sightings_in_scope as (
    {{ all_versions_in_scope(['labour_survey', 'fair_attendance', 'placements'], ['person_key']) }}
),

keys_to_write as (
    select person_key as key from sightings_in_scope
    where person_key is not null
    union
    select identities.person_key as key
    from identities
    inner join sightings_in_scope on identities.alias_key = sightings_in_scope.person_key
),

-- the persons to write and every pseudonym that is linked to them: of a long history only their sightings are read
pseudonyms as (
    select key from keys_to_write
    union
    select identities.alias_key as key
    from identities
    inner join keys_to_write on identities.person_key = keys_to_write.key
),

sightings as (
    select * from person_sightings
    where person_key in (select pseudonyms.key from pseudonyms)
),

-- a person is described by the sightings of every pseudonym, a pseudonym that is linked to another person by its own
sightings_by_key as (
    select
        person_key as key,
        person_key,
        person_method,
        sex,
        birth_date,
        seen_on,
        commune_code,
        priority_groups,
        batch_id,
        row_no
    from sightings
    union all
    select
        resolved_key as key,
        person_key,
        person_method,
        sex,
        birth_date,
        seen_on,
        commune_code,
        priority_groups,
        batch_id,
        row_no
    from sightings
    where resolved_key <> person_key
),

persons as (
    select distinct on (seen.key)
        {{ surrogate_key(['seen.key']) }} as person_sk,
        coalesce(max(seen.person_method) filter (where seen.person_key = seen.key) over (partition by seen.key), seen.person_method) as person_method,
        coalesce(seen.sex, 'unknown') as sex,
        {{ age_band('seen.birth_date', 'seen.seen_on') }} as age_band,
        {{ priority_flags('seen.priority_groups') }},
        coalesce(areas.area_sk, -1) as area_sk,
        max(seen.seen_on) over (partition by seen.key) as last_seen_on,
        seen.batch_id,
        case when identities.person_key is null then -2 else {{ surrogate_key(['identities.person_key']) }} end as same_person_sk,
        identities.state as link_state,
        identities.method as link_method,
        identities.score as link_score
    from sightings_by_key as seen
    inner join keys_to_write on seen.key = keys_to_write.key
    left join identities on seen.key = identities.alias_key
    left join areas on {{ is_commune_on('areas', 'seen.commune_code', 'seen.seen_on') }}
    order by seen.key asc, (seen.commune_code is null) asc, seen.seen_on desc nulls last, seen.batch_id desc, seen.row_no desc
)

{%- set columns = {'person_sk': 'key', 'person_method': 'none', 'sex': "'unknown'", 'age_band': "'unknown'"} -%}
{%- for group in priority_groups() %}{% do columns.update({'is_' ~ group: 'false'}) %}{% endfor -%}
{%- do columns.update({
    'area_sk': 'key',
    'last_seen_on': 'empty',
    'batch_id': 'key',
    'same_person_sk': '-2',
    'link_state': 'empty',
    'link_method': 'empty',
    'link_score': 'empty',
}) %}

{{ with_special_members('persons', columns) }}
