-- A person at two sessions is two visits and one person; a walk-in without a number is one of each. Totals over sessions must be taken from the measure
-- "visits": persons do not add up. A session is shown where bi.indicator shows it. The province is not shown where one of its years is hidden, since the hidden
-- number would be the difference of the shown ones.
with visits as (select * from {{ ref('fct_fair_attendance') }}),

sessions as (select * from {{ ref('fct_fair_session') }}),

days as (select * from {{ ref('dim_date') }}),

indicator_cells as (select * from {{ ref('indicator_cell') }}),

counts as (
    select
        visits.sender_code,
        {{ plain_code('visits.session_no') }} as session_no,
        measures.measure,
        count(distinct measures.counted_key) as attended,
        count(distinct measures.counted_key) filter (where visits.is_counselled) as counselled,
        count(distinct measures.counted_key) filter (where visits.is_interviewed) as interviewed,
        count(distinct measures.counted_key) filter (where visits.is_passed) as passed,
        count(distinct measures.counted_key) filter (where visits.is_offered) as offered,
        count(distinct measures.counted_key) filter (where visits.is_accepted) as accepted,
        count(distinct measures.counted_key) filter (where visits.is_started) as started
    from visits
    cross join
        lateral (
            values
            ('visits', visits.visit_sk),
            ('persons', case when visits.person_sk = -1 then visits.visit_sk else visits.person_sk end)
        ) as measures (measure, counted_key)
    group by grouping sets ((visits.sender_code, visits.session_no, measures.measure), (measures.measure))
),

-- a session is hidden in every area mode or in none
suppression as (
    select
        case when period_kind = 'session' then period else 'all' end as sender_and_session,
        bool_or(is_suppressed) as is_suppressed
    from indicator_cells
    where metric = 'attended_persons' and breakdown = 'all' and area_mode = 'as_reported'
        and (period_kind = 'session' or (period_kind = 'year' and area_code = 'all'))
    group by case when period_kind = 'session' then period else 'all' end
)

select
    coalesce(counts.sender_code, 'all') as sender_code,
    coalesce(counts.session_no, 'all') as session_no,
    {{ plain_text('sessions.name') }} as session_name,
    sessions.kind,
    case when days.date_sk > 0 then days.date_day end as held_on,
    counts.measure,
    {%- for step in ['attended', 'counselled', 'interviewed', 'passed', 'offered', 'accepted', 'started'] %}
        case when suppression.is_suppressed is false then {{ suppressed('counts.' ~ step) }} end as {{ step }},
    {%- endfor %}
    sessions.attendees_declared
from counts
left join sessions on counts.sender_code = sessions.sender_code and counts.session_no = {{ plain_code('sessions.session_no') }}
left join days on sessions.held_date_sk = days.date_sk
left join suppression on coalesce(counts.sender_code || '/' || counts.session_no, 'all') = suppression.sender_and_session
