{{ config(incremental_strategy='append') }}
with tet_holidays as (select * from {{ ref('tet_holiday') }}),

days as (
    select day::date as date_day
    from generate_series('2015-01-01'::date, '2035-12-31'::date, interval '1 day') as day
),

described_days as (
    select
        to_char(days.date_day, 'YYYYMMDD')::int as date_sk,
        days.date_day,
        extract(year from days.date_day)::int as year,
        extract(quarter from days.date_day)::int as quarter,
        extract(month from days.date_day)::int as month,
        to_char(days.date_day, 'YYYY-MM') as year_month,
        'Tháng ' || extract(month from days.date_day)::int || '/' || extract(year from days.date_day)::int as month_name_vi,
        'Quý ' || extract(quarter from days.date_day)::int || '/' || extract(year from days.date_day)::int as quarter_name_vi,
        to_char(days.date_day, 'IYYY-"W"IW') as iso_week,
        extract(isodow from days.date_day)::int as iso_weekday,
        tet_holidays.tet_day is not null as is_tet
    from days
    left join tet_holidays
        on days.date_day >= tet_holidays.tet_day::date - 2 and days.date_day < tet_holidays.tet_day::date + 5
),

members as (
    {{ with_special_members('described_days', {
        'date_sk': 'key',
        'date_day': 'empty',
        'year': 'empty',
        'quarter': 'empty',
        'month': 'empty',
        'year_month': ["'không rõ'", "'không áp dụng'"],
        'month_name_vi': 'label_vi',
        'quarter_name_vi': 'label_vi',
        'iso_week': ["'không rõ'", "'không áp dụng'"],
        'iso_weekday': 'empty',
        'is_tet': 'false',
    }) }}
)

select *
from members
{% if is_incremental() %}where date_sk not in (select existing.date_sk from {{ this }} as existing){% endif %}
