{{ config(incremental_strategy='merge_and_remove', unique_key='session_sk') }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- What the facts of fairs and placements say of their session. Its costs and counts are measures, in fct_fair_session.
with sessions as (select * from {{ ref('int_sessions__merged_across_funds') }}),

areas as (select * from {{ ref('int_areas__keyed') }}),

described_sessions as (
    select
        sessions.session_sk,
        sessions.sender_code,
        sessions.session_no,
        sessions.name,
        sessions.kind,
        to_char(sessions.held_on, 'YYYYMMDD')::int as held_date_sk,
        coalesce(areas.area_sk, -1) as area_sk,
        coalesce(areas.parent_district_code, sessions.sender_code) as district_code,
        sessions.batch_id
    from sessions
    left join areas on {{ is_commune_on('areas', 'sessions.commune_code', 'sessions.held_on') }}
    where {{ in_scope('fair_sessions', 'sessions') }}
)

{{ with_special_members('described_sessions', {
    'session_sk': 'key',
    'sender_code': 'code',
    'session_no': 'code',
    'name': 'label_vi',
    'kind': 'code',
    'held_date_sk': 'key',
    'area_sk': 'key',
    'district_code': 'code',
    'batch_id': 'key',
}) }}
