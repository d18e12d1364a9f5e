{{ config(incremental_strategy='append') }}
-- One row a day, 2015 to 2035, and the two members that stand for "unknown" and "not applicable".
with days as (
    select day::date as date_day
    from generate_series('2015-01-01'::date, '2035-12-31'::date, interval '1 day') as day
),

described as (
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
        tet.tet_day is not null as is_tet
    from days
    left join {{ ref('tet_holiday') }} as tet
        on days.date_day >= tet.tet_day::date - 2 and days.date_day < tet.tet_day::date + 5
),

members as (
    select
        -1 as date_sk,
        null::date as date_day,
        null::int as year,
        null::int as quarter,
        null::int as month,
        'không rõ' as year_month,
        'Không rõ' as month_name_vi,
        'Không rõ' as quarter_name_vi,
        'không rõ' as iso_week,
        null::int as iso_weekday,
        false as is_tet
    union all
    select
        -2,
        null,
        null,
        null,
        null,
        'không áp dụng',
        'Không áp dụng',
        'Không áp dụng',
        'không áp dụng',
        null,
        false
),

everything as (
    select * from described
    union all
    select * from members
)

select *
from everything
{% if is_incremental() %}where date_sk not in (select known.date_sk from {{ this }} as known){% endif %}
