-- The due date of each period; of the kind session it applies to a sender that held a session in the month.
with rules as (select * from {{ ref('due_rule') }}),

days as (select * from {{ ref('int_working_days') }}),

first_days as (
    select
        date_day as first_day,
        'day' as period_kind,
        'YYYY-MM-DD' as period_format
    from days
    where is_working_day
    union all
    select
        days.date_day as first_day,
        kinds.period_kind,
        'YYYY-MM' as period_format
    from days
    cross join (values ('month'), ('session')) as kinds (period_kind)
    where extract(day from days.date_day) = 1
    union all
    select
        date_day as first_day,
        'year' as period_kind,
        'YYYY' as period_format
    from days
    where extract(doy from date_day) = 1
),

periods as (
    select
        rules.feed,
        rules.period_kind,
        to_char(first_days.first_day, first_days.period_format) as period,
        case
            when rules.period_kind = 'day' then first_days.first_day
            else (first_days.first_day + make_interval(months => rules.months_after::int))::date + rules.due_day::int - 1
        end as legal_day
    from rules
    inner join first_days on rules.period_kind = first_days.period_kind
    where coalesce(rules.months, '') = ''
        or extract(month from first_days.first_day)::int::text = any(string_to_array(rules.months, ' '))
)

select
    periods.feed,
    periods.period_kind,
    periods.period,
    days.working_day as due_on
from periods
inner join days on periods.legal_day = days.date_day
