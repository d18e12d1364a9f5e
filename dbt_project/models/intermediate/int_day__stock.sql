-- The months and quarters that orders tell of, each with the day on which its stock is counted: its last, or the last day that is told of.
with first_order as (select date_trunc('month', min(posted_on)) as begins_on from {{ ref('int_order__lasting') }})

select distinct
    told.period_kind,
    told.period,
    least(told.last_day, known.day) as last_day
from {{ ref('int_day__told') }} as known
cross join first_order as first
cross join lateral generate_series(first.begins_on, known.day, interval '1 month') as month
cross join
    lateral (
        values
        ('month', to_char(month, 'YYYY-MM'), (month + interval '1 month')::date - 1),
        ('quarter', to_char(month, 'YYYY-"Q"Q'), (date_trunc('quarter', month) + interval '3 months')::date - 1)
    ) as told (period_kind, period, last_day)
