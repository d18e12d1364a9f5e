-- Surveyed persons of working age, by round: whether they need work, and whether they were counselled since the round began and before the sender's next one. A
-- counselled person who is not among them covers no one of them. A round of a sender that held sessions, of none of which the attendance arrived, is left out.
with surveyed_persons as (
    select * from {{ ref('int_surveyed_persons__by_round') }}
    where age_band not in ('0-14', '65+', 'unknown')
),

rounds as (
    select * from {{ ref('int_survey_rounds__with_end_date') }}
),

counsellings as (
    select * from {{ ref('fct_counselling') }}
    where person_sk > 0
),

dates as (
    select * from {{ ref('dim_date') }}
),

sessions as (
    select * from {{ ref('int_sessions__with_periods') }}
),

cutoff as (
    select * from {{ ref('int_reporting_cutoff_date') }}
),

rounds_without_attendance as (
    select
        rounds.sender_code,
        rounds.period
    from rounds
    cross join cutoff
    inner join sessions
        on rounds.sender_code = sessions.sender_code and rounds.begins_on <= sessions.held_on and rounds.next_begins_on > sessions.held_on
            and cutoff.day >= sessions.held_on
    group by rounds.sender_code, rounds.period
    having not bool_or(sessions.is_attendance_in)
),

counselled_persons as (
    select distinct surveyed_persons.supply_sk
    from counsellings
    inner join dates on counsellings.counselled_date_sk = dates.date_sk
    inner join surveyed_persons on counsellings.person_sk = surveyed_persons.person_sk
    inner join rounds
        on surveyed_persons.sender_code = rounds.sender_code and surveyed_persons.period = rounds.period
            and dates.date_day >= rounds.begins_on and dates.date_day < rounds.next_begins_on
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
        surveyed_persons.year,
        surveyed_persons.sex,
        {{ priority_columns('surveyed_persons') }},
        surveyed_persons.is_border,
        surveyed_persons.wants_job,
        counselled_persons.supply_sk is not null as is_counselled
    from surveyed_persons
    left join counselled_persons on surveyed_persons.supply_sk = counselled_persons.supply_sk
    where not exists (
            select 1 from rounds_without_attendance as without
            where surveyed_persons.sender_code = without.sender_code and surveyed_persons.period = without.period
        )
),

persons_in_areas as (
    {{ persons_in_areas('persons', ['wants_job', 'is_counselled']) }}
)

select
    *,
    wants_job and is_counselled as is_counselled_with_need
from persons_in_areas
