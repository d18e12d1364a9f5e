{{ config(incremental_strategy='merge', unique_key='person_sk') }}
-- depends_on: {{ ref('dim_area') }}
-- Persons by pseudonym, as they were last seen. No name, number, birth date or address.
with touched as (
    select distinct seen.person_key
    from {{ ref('int_person__seen') }} as seen
    {% if is_incremental() %}
        inner join {{ source('ops', 'build_scope') }} as scope
            on seen.feed = scope.feed and seen.sender_code = scope.sender_code and seen.period = scope.period
    {% endif %}
),

latest as (
    select distinct on (seen.person_key)
        {{ surrogate_key(['seen.person_key']) }} as person_sk,
        seen.person_method,
        coalesce(seen.sex, 'unknown') as sex,
        {{ age_band('seen.birth_date', 'seen.seen_on') }} as age_band,
        {{ priority_flags('seen.priority_groups') }},
        coalesce(area.area_sk, -1) as area_sk,
        seen.seen_on as last_seen_on,
        seen.batch_id
    from {{ ref('int_person__seen') }} as seen
    inner join touched on seen.person_key = touched.person_key
    left join {{ ref('int_area__keyed') }} as area
        on area.level = 'commune' and seen.commune_code = area.code
            and seen.seen_on >= area.valid_from and seen.seen_on < area.valid_to
    order by seen.person_key asc, seen.seen_on desc nulls last, seen.batch_id desc
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
        -1::bigint as batch_id
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
        -2
)

select * from latest
union all
select * from members
