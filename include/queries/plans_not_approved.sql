-- Huyện nào chưa có kế hoạch được duyệt vào ngày nêu? | Which of the districts had no approved plan on the day?
-- day = 2023-06-30 | ngày | day
select
    unit_code,
    max(unit) as unit,
    coalesce(string_agg(distinct plan_status, ', ') filter (where status_on <= %(day)s::date and until > %(day)s::date), 'unknown') as status_on_day,
    max(days_late) as days_late
from bi.plan_status
where unit_type = 'district_office' and plan_year = extract(year from %(day)s::date)
group by unit_code
having not coalesce(bool_or(is_approved) filter (where status_on <= %(day)s::date and until > %(day)s::date), false)
order by unit_code
