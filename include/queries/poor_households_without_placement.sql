-- Bao nhiêu hộ nghèo chưa có ai được giới thiệu việc làm, theo xã hiện nay? | How many poor households have no member placed in a job, by commune of today?
-- vintage = 2022 | kỳ rà soát: 2022-01 là đầu năm, 2022 là cuối năm | vintage of the register: 2022-01 its start, 2022 its end
select
    area_code,
    area,
    numerator as households_without_placement,
    denominator as poor_households_with_working_age_members,
    is_suppressed,
    status
from bi.indicator
where metric = 'poor_household_unplaced_rate' and (area_mode = 'restated' or area_code = 'all') and period = %(vintage)s
order by area_code = 'all' desc, numerator desc nulls last, area_code
