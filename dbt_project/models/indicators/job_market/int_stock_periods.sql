-- The months and quarters since the first order or wish, with the day on which their stock is counted: the last one, or the reporting cutoff date. Before the
-- first order nothing is known of openings, which is not that there were none; the same holds for wishes.
with cutoff as (select * from {{ ref('int_reporting_cutoff_date') }}),

supply as (select * from {{ ref('fct_labour_supply') }}),

dates as (select * from {{ ref('dim_date') }}),

orders as (select * from {{ ref('int_job_orders__with_end_date') }}),

first_order as (select min(posted_on) as day from orders),

first_wish as (
    select min(dates.date_day) as day
    from supply
    inner join dates on supply.surveyed_date_sk = dates.date_sk
    where supply.wants_job and dates.date_sk > 0
),

months as (
    select
        cutoff.day as cutoff_day,
        first_order.day as first_order,
        first_wish.day as first_wish,
        months.begins_on
    from cutoff
    cross join first_order
    cross join first_wish
    cross join
        lateral generate_series(
            date_trunc('month', least(first_order.day, first_wish.day)::timestamp), cutoff.day, interval '1 month'
        ) as months (begins_on)
),

period_ends as (
    select distinct
        periods.period_kind,
        periods.period,
        periods.begins_on::date as begins_on,
        least((periods.begins_on + periods.length)::date - 1, months.cutoff_day) as last_day,
        months.first_order,
        months.first_wish
    from months
    cross join
        lateral (
            values
            ('month', to_char(months.begins_on, 'YYYY-MM'), months.begins_on, interval '1 month'),
            ('quarter', to_char(months.begins_on, 'YYYY-"Q"Q'), date_trunc('quarter', months.begins_on), interval '3 months')
        ) as periods (period_kind, period, begins_on, length)
)

select
    period_kind,
    period,
    begins_on,
    last_day,
    coalesce(last_day >= first_order, false) as has_orders,
    coalesce(last_day >= first_wish, false) as has_wishes
from period_ends
