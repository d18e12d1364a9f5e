-- Chỉ tiêu nào đã đổi giữa số biết vào hai ngày nộp báo cáo? | What changed between two submissions of the same indicator?
-- first = 2023-06-30 | ngày nộp trước, đến hết ngày | day of the earlier submission, to its end
-- second = 2023-12-31 | ngày nộp sau, đến hết ngày | day of the later submission, to its end
-- metric = placements | chỉ tiêu | indicator
with moments as (
    -- a day means its end in the province's time zone; a moment stays as it is
    select
        case when %(first)s like '%%:%%' then %(first)s::timestamptz else (%(first)s::date + 1)::timestamp at time zone %(time_zone)s end as earlier,
        case when %(second)s like '%%:%%' then %(second)s::timestamptz else (%(second)s::date + 1)::timestamp at time zone %(time_zone)s end as later
)

select
    metric,
    period_kind,
    period,
    area_mode,
    area_code,
    breakdown,
    earlier.value as value_then,
    later.value as value_later,
    later.value - earlier.value as change
from (select figures.* from moments cross join bi.indicator_as_of(moments.earlier) as figures) as earlier
full join (select figures.* from moments cross join bi.indicator_as_of(moments.later) as figures) as later
    using (metric, period_kind, period, area_mode, area_code, breakdown)
where metric = %(metric)s and earlier.value is distinct from later.value
order by period_kind, period, area_mode, area_code, breakdown
