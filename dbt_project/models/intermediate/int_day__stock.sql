-- The months and quarters since the first order or wish, each with its first day and the day on which its stock is counted: its last, or the last day that is
-- told of. Before the first order nothing is known of openings, which is not that there were none; the same holds for wishes.
with first_order as (select min(posted_on) as day from {{ ref('int_order__lasting') }}),

first_wish as (select min(wished_on) as day from {{ ref('int_wish__lasting') }}),

months as (
    select
        known.day as known_until,
        first_order.day as first_order,
        first_wish.day as first_wish,
        month.begins_on
    from {{ ref('int_day__told') }} as known
    cross join first_order
    cross join first_wish
    cross join
        lateral generate_series(
            date_trunc('month', least(first_order.day, first_wish.day)::timestamp), known.day, interval '1 month'
        ) as month (begins_on)
),

ends as (
    select distinct
        told.period_kind,
        told.period,
        told.begins_on::date as begins_on,
        least((told.begins_on + told.length)::date - 1, months.known_until) as last_day,
        months.first_order,
        months.first_wish
    from months
    cross join
        lateral (
            values
            ('month', to_char(months.begins_on, 'YYYY-MM'), months.begins_on, interval '1 month'),
            ('quarter', to_char(months.begins_on, 'YYYY-"Q"Q'), date_trunc('quarter', months.begins_on), interval '3 months')
        ) as told (period_kind, period, begins_on, length)
)

select
    period_kind,
    period,
    begins_on,
    last_day,
    coalesce(last_day >= first_order, false) as knows_orders,
    coalesce(last_day >= first_wish, false) as knows_wishes
from ends
