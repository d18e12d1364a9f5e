with surveyed_persons as (
    select * from {{ ref('int_surveyed_persons__latest') }}
),

persons as (
    select
        surveyed_persons.supply_sk as row_key,
        surveyed_persons.person_key as unit_key,
        'fct_labour_supply' as fact,
        surveyed_persons.batch_id,
        surveyed_persons.row_no,
        surveyed_persons.area_sk,
        surveyed_persons.district_code,
        surveyed_persons.sex,
        {{ priority_columns('surveyed_persons') }},
        surveyed_persons.is_border,
        surveyed_persons.wants_job
    from surveyed_persons
    where surveyed_persons.age_band not in ('0-14', '65+')
)

{{ persons_in_areas('persons', ['wants_job']) }}
