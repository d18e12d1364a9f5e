-- Chỉ tiêu nào đã đổi giữa số biết vào hai ngày nộp báo cáo? | What changed between two submissions of the same indicator?
-- first = 2023-06-30 | ngày nộp trước | day of the earlier submission
-- second = 2023-12-31 | ngày nộp sau | day of the later submission
-- metric = placements | chỉ tiêu | indicator
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
from bi.indicator_as_of(%(first)s::timestamptz) as earlier
full join bi.indicator_as_of(%(second)s::timestamptz) as later
    using (metric, period_kind, period, area_mode, area_code, breakdown)
where metric = %(metric)s and earlier.value is distinct from later.value
order by period_kind, period, area_mode, area_code, breakdown
