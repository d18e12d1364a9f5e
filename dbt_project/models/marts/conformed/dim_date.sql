{{ config(incremental_strategy='append') }}
-- The special members have a day too, long before the first one, since BI tools want a day in every row of a calendar: date_sk > 0 leaves them out.
{% set weekdays_vi = ['Thứ hai', 'Thứ ba', 'Thứ tư', 'Thứ năm', 'Thứ sáu', 'Thứ bảy', 'Chủ nhật'] -%}
{% set weekdays_en = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] -%}
{% set months_en = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'] -%}
with tet_holidays as (select * from {{ ref('tet_holiday') }}),

days as (
    select
        day::date as date_day,
        extract(year from day)::int as year,
        extract(quarter from day)::int as quarter,
        extract(month from day)::int as month,
        case when extract(month from day) <= 6 then 1 else 2 end as half_year,
        extract(isodow from day)::int as iso_weekday,
        date_trunc('month', day)::date as month_start,
        date_trunc('quarter', day)::date as quarter_start
    from generate_series('2015-01-01'::timestamp, '2035-12-31'::timestamp, interval '1 day') as day
),

described_days as (
    select
        to_char(days.date_day, 'YYYYMMDD')::int as date_sk,
        days.date_day,
        days.year,
        days.quarter,
        days.month,
        to_char(days.date_day, 'YYYY-MM') as year_month,
        'Tháng ' || days.month || '/' || days.year as month_name_vi,
        'Quý ' || days.quarter || '/' || days.year as quarter_name_vi,
        to_char(days.date_day, 'IYYY-"W"IW') as iso_week,
        days.iso_weekday,
        tet_holidays.tet_day is not null as is_tet,
        days.half_year,
        days.year || '-Q' || days.quarter as year_quarter,
        days.year || '-H' || days.half_year as year_half,
        days.month_start,
        days.quarter_start,
        make_date(days.year, days.half_year * 6 - 5, 1) as half_year_start,
        make_date(days.year, 1, 1) as year_start,
        to_char(days.month_start - interval '1 month', 'YYYY-MM') as previous_month,
        to_char(days.quarter_start - interval '3 months', 'YYYY-"Q"Q') as previous_quarter,
        case days.half_year when 1 then days.year - 1 || '-H2' else days.year || '-H1' end as previous_half_year,
        days.year - 1 as previous_year,
        (array{{ weekdays_vi }})[days.iso_weekday] as weekday_name_vi,
        (array{{ weekdays_en }})[days.iso_weekday] as weekday_name_en,
        (array{{ months_en }})[days.month] || ' ' || days.year as month_name_en,
        'Q' || days.quarter || ' ' || days.year as quarter_name_en,
        case days.half_year when 1 then '6 tháng đầu năm ' else '6 tháng cuối năm ' end || days.year as half_year_name_vi,
        'H' || days.half_year || ' ' || days.year as half_year_name_en
    from days
    left join tet_holidays
        on days.date_day >= tet_holidays.tet_day::date - 2 and days.date_day < tet_holidays.tet_day::date + 5
),

members as (
    {{ with_special_members('described_days', {
        'date_sk': 'key',
        'date_day': ["'1900-01-01'", "'1900-01-02'"],
        'year': 'empty',
        'quarter': 'empty',
        'month': 'empty',
        'year_month': ["'không rõ'", "'không áp dụng'"],
        'month_name_vi': 'label_vi',
        'quarter_name_vi': 'label_vi',
        'iso_week': ["'không rõ'", "'không áp dụng'"],
        'iso_weekday': 'empty',
        'is_tet': 'false',
        'half_year': 'empty',
        'year_quarter': ["'không rõ'", "'không áp dụng'"],
        'year_half': ["'không rõ'", "'không áp dụng'"],
        'month_start': 'empty',
        'quarter_start': 'empty',
        'half_year_start': 'empty',
        'year_start': 'empty',
        'previous_month': 'empty',
        'previous_quarter': 'empty',
        'previous_half_year': 'empty',
        'previous_year': 'empty',
        'weekday_name_vi': 'label_vi',
        'weekday_name_en': 'label_en',
        'month_name_en': 'label_en',
        'quarter_name_en': 'label_en',
        'half_year_name_vi': 'label_vi',
        'half_year_name_en': 'label_en',
    }) }}
)

select *
from members
{% if is_incremental() %}where date_sk not in (select existing.date_sk from {{ this }} as existing){% endif %}
