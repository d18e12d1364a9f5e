with sessions as (
    select * from {{ ref('fct_counselling') }}
),

persons as (
    select
        sessions.counselling_sk as row_key,
        {{ counting_key('sessions', 'counselling_sk') }} as unit_key,
        'fct_counselling' as fact,
        sessions.batch_id,
        sessions.row_no,
        sessions.area_sk,
        sessions.district_code,
        sessions.sex,
        {{ priority_columns('sessions') }},
        sessions.is_border
    from sessions
)

{{ persons_in_areas('persons') }}
