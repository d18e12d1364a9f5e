-- Nghề cấp 2 nào ở các huyện nêu tên có hơn ngần ấy chỗ làm việc trên một người tìm việc trong quý? | Which level-2 occupations of the given districts had more openings per seeker than the threshold in the quarter?
-- districts = 803,802 | mã huyện, cách nhau dấu phẩy | codes of districts, separated by commas
-- more_than = 3 | ngưỡng | openings per seeker
-- quarter = latest | quý, ví dụ 2023-Q2; latest là quý mới nhất | quarter; latest is the newest one
with occupation as (
    select distinct
        occupation_code,
        occupation_vi
    from bi.supply_demand_by_occupation
)

select
    cell.period as quarter,
    cell.area_code,
    cell.area,
    occupation.occupation_code,
    occupation.occupation_vi,
    cell.numerator as openings,
    cell.denominator as seekers,
    cell.value as tension,
    cell.status
from bi.indicator as cell
inner join occupation on cell.breakdown = 'occupation=' || occupation.occupation_code
where cell.metric = 'tension' and cell.period_kind = 'quarter' and cell.area_mode = 'as_reported'
    and cell.area_code = any(string_to_array(%(districts)s, ','))
    and cell.value > %(more_than)s::numeric
    and cell.period = case
        when %(quarter)s = 'latest' then (select max(period) from bi.indicator where metric = 'tension' and period_kind = 'quarter')
        else %(quarter)s
    end
order by cell.area_code, cell.value desc, occupation.occupation_code
