-- How far jobs could be coded, by area and feed, and how well deliveries came, by sender and feed.
-- Jobs are counted before they are told in every area mode: a long history is gone through once.
with jobs_of_area as (
    select
        feed,
        area_sk,
        district_code,
        count(*) as jobs,
        count(*) filter (where length(occupation_official) >= 1) as level_1,
        count(*) filter (where length(occupation_official) >= 2) as level_2,
        count(*) filter (where length(occupation_official) >= 4) as level_4,
        count(*) filter (where length(occupation_official) >= 5) as level_5,
        count(*) filter (where occupation_detail <> occupation_official) as provisional,
        count(*) filter (where coding_method = 'given') as given,
        count(*) filter (where occupation_official is null) as uncodable
    from {{ ref('int_job__coded') }}
    group by feed, area_sk, district_code
),

coded as (
    select
        feed,
        area_mode,
        area_code,
        area,
        {{ whole('sum(area_weight * jobs)') }} as jobs,
        {{ whole('sum(area_weight * level_1)') }} as level_1,
        {{ whole('sum(area_weight * level_2)') }} as level_2,
        {{ whole('sum(area_weight * level_4)') }} as level_4,
        {{ whole('sum(area_weight * level_5)') }} as level_5,
        {{ whole('sum(area_weight * provisional)') }} as provisional,
        {{ whole('sum(area_weight * given)') }} as given,
        {{ whole('sum(area_weight * uncodable)') }} as uncodable
    from {{ in_places('jobs_of_area') }} as fact
    group by feed, area_mode, area_code, area
),

passed as (
    select
        feed,
        coalesce(sender_code, 'all') as sender_code,
        count(*) filter (where is_passed) as passed,
        count(*) filter (where is_on_time) as on_time,
        count(*) as deliveries
    from {{ ref('int_delivery__first') }}
    group by grouping sets ((feed, sender_code), (feed))
),

put_aside as (
    select
        feed,
        coalesce(sender_code, 'all') as sender_code,
        sum(records_quarantined) as put_aside,
        sum(declared_records) as records
    from {{ ref('stg_ops__batch') }}
    where state = 'published'
    group by grouping sets ((feed, sender_code), (feed))
),

cells as (
    select
        cell.metric,
        coded.area_mode,
        coded.area_code,
        coded.area,
        coded.feed,
        cell.numerator,
        coded.jobs as denominator
    from coded
    cross join
        lateral (
            values
            ('coded_level_1', coded.level_1),
            ('coded_level_2', coded.level_2),
            ('coded_level_4', coded.level_4),
            ('coded_level_5', coded.level_5),
            ('coded_provisional', coded.provisional),
            ('coded_by_sender', coded.given),
            ('uncodable', coded.uncodable)
        ) as cell (metric, numerator)
    union all
    select
        cell.metric,
        'as_reported',
        passed.sender_code,
        case when passed.sender_code = 'all' then 'Toàn tỉnh' else coalesce(district.name_vi, unit.label_vi, passed.sender_code) end,
        passed.feed,
        cell.numerator,
        cell.denominator
    from passed
    left join put_aside on passed.feed = put_aside.feed and passed.sender_code = put_aside.sender_code
    left join {{ ref('dim_area') }} as district on district.level = 'district' and passed.sender_code = district.code
    left join {{ ref('dim_reporting_unit') }} as unit
        on passed.sender_code = unit.unit_code and {{ today() }} >= unit.valid_from and {{ today() }} < unit.valid_to
    cross join
        lateral (
            values
            ('first_pass_rate', passed.passed, passed.deliveries),
            ('on_time_rate', passed.on_time, passed.deliveries),
            ('rows_put_aside', put_aside.put_aside, put_aside.records)
        ) as cell (metric, numerator, denominator)
    where cell.denominator is not null
)

select
    metric,
    'all' as period_kind,
    'all' as period,
    area_mode,
    area_code,
    area,
    'feed=' || feed as breakdown,
    numerator::numeric as numerator,
    denominator::numeric as denominator,
    {{ ratio('numerator', 'denominator') }} as value,
    null::numeric as persons
from cells
