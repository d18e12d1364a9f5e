-- Each day with the first working day from it on: no weekend, no public holiday, and no day from two days before the lunar new year to four days after it.
with tet_holidays as (select * from {{ ref('tet_holiday') }}),

public_holidays as (select * from {{ ref('public_holiday') }}),

days as (
    select day::date as date_day
    from generate_series('2015-01-01'::date, '2035-12-31'::date, interval '1 day') as day
),

marked_days as (
    select
        days.date_day,
        extract(isodow from days.date_day) < 6 and tet_holidays.tet_day is null and public_holidays.holiday is null as is_working_day
    from days
    left join tet_holidays
        on days.date_day >= tet_holidays.tet_day::date - 2 and days.date_day < tet_holidays.tet_day::date + 5
    left join public_holidays on days.date_day = public_holidays.holiday::date
)

select
    date_day,
    is_working_day,
    min(date_day) filter (where is_working_day) over (order by date_day desc) as working_day
from marked_days
