-- Written by hand: a stock is the sum of what came until then less what ended, so that a long history is read once and not again for each of its periods. Only
-- wishes that overlap another of the same person are counted period by period. Areas and breakdowns are those of stock_measures().
with cutoff as (select * from {{ ref('int_reporting_cutoff_date') }}),

stock_periods as (select * from {{ ref('int_stock_periods') }}),

all_wishes as (select * from {{ ref('int_job_wishes__with_end_date') }}),

orders as (select * from {{ ref('int_job_orders__with_end_date') }}),

senders as (select * from {{ ref('int_stock_senders') }}),

counted_years as (
    select make_date(greatest({{ first_year_of('stock') }}, 1), 1, 1) as first_day
),

periods as (
    select stock_periods.*
    from stock_periods
    inner join counted_years on stock_periods.begins_on >= counted_years.first_day
),

-- overlaps_other_wish: another of these wishes of the same person is live on some of its days
wishes as (
    select
        all_wishes.*,
        coalesce(max(all_wishes.ended_on) over earlier > all_wishes.wished_on, false)
        or coalesce(lead(all_wishes.wished_on) over of_person < all_wishes.ended_on, false) as overlaps_other_wish
    from all_wishes
    inner join cutoff on all_wishes.wished_on <= cutoff.day and all_wishes.wished_on <= all_wishes.ended_on
    inner join counted_years on all_wishes.ended_on >= counted_years.first_day
    window
        of_person as (partition by all_wishes.person_key order by all_wishes.wished_on, all_wishes.supply_sk),
        earlier as (of_person rows between unbounded preceding and 1 preceding)
),

-- what changed before the first year that is counted is one change, on its first day
order_changes as (
    select
        orders.area_sk,
        orders.district_code,
        orders.occupation_code as occupation,
        date_trunc('month', changes.day::timestamp)::date as month,
        date_trunc('quarter', changes.day::timestamp)::date as quarter,
        sum(changes.in_stock * orders.openings) as openings,
        sum(changes.in_comparison * orders.openings) as compared_openings
    from orders
    inner join cutoff on orders.posted_on <= cutoff.day and orders.posted_on <= orders.ended_on
    inner join counted_years on orders.ended_on >= counted_years.first_day
    left join senders on orders.sender_code = senders.sender_code
    cross join lateral {{ stock_changes('orders.posted_on', 'orders.ended_on') }} as changes (day, in_stock, in_comparison)
    where changes.day is not null
    group by orders.area_sk, orders.district_code, orders.occupation_code, date_trunc('month', changes.day::timestamp), quarter
),

wish_changes as (
    select
        wishes.area_sk,
        wishes.district_code,
        wishes.occupation_code as occupation,
        wishes.sex,
        {{ priority_columns('wishes') }},
        wishes.is_border,
        date_trunc('month', changes.day::timestamp)::date as month,
        date_trunc('quarter', changes.day::timestamp)::date as quarter,
        sum(changes.in_stock) as seekers,
        sum(changes.in_comparison) as compared_seekers
    from wishes
    cross join cutoff
    cross join counted_years
    left join senders on wishes.sender_code = senders.sender_code
    cross join lateral {{ stock_changes('wishes.wished_on', 'wishes.ended_on') }} as changes (day, in_stock, in_comparison)
    where changes.day is not null and not wishes.overlaps_other_wish
    group by
        wishes.area_sk, wishes.district_code, wishes.occupation_code, wishes.sex,
        {{ priority_columns('wishes') }},
        wishes.is_border, date_trunc('month', changes.day::timestamp), quarter
),

changes as (
    select
        cell_kind,
        period_kind,
        period as begins_on,
        area_mode,
        area_code,
        area,
        breakdown,
        openings * area_weight as openings,
        compared_openings * area_weight as compared_openings,
        0 as seekers,
        0 as compared_seekers
    from {{ rows_in_cells(stock_measures(), 'rows_orders_in_stock', 'order_changes') }} as in_cells
    union all
    select
        cell_kind,
        period_kind,
        period as begins_on,
        area_mode,
        area_code,
        area,
        breakdown,
        0 as openings,
        0 as compared_openings,
        seekers * area_weight as seekers,
        compared_seekers * area_weight as compared_seekers
    from {{ rows_in_cells(stock_measures(), 'rows_wishes_in_stock', 'wish_changes') }} as in_cells
),

changes_by_cell as (
    select
        cell_kind,
        period_kind,
        begins_on,
        area_mode,
        area_code,
        area,
        breakdown,
        sum(openings) as openings,
        sum(compared_openings) as compared_openings,
        sum(seekers) as seekers,
        sum(compared_seekers) as compared_seekers
    from changes
    group by cell_kind, period_kind, begins_on, area_mode, area_code, area, breakdown
),

levels as (
    select
        cell_kind,
        period_kind,
        area_mode,
        area_code,
        area,
        breakdown,
        begins_on,
        lead(begins_on, 1, 'infinity') over cell as next_begins_on,
        sum(openings) over cell as openings,
        sum(compared_openings) over cell as compared_openings,
        sum(seekers) over cell as seekers,
        sum(compared_seekers) over cell as compared_seekers
    from changes_by_cell
    window cell as (partition by cell_kind, area_mode, area_code, area, breakdown order by begins_on)
),

overlapping_wishes as (
    select
        wishes.person_key as unit_key,
        wishes.area_sk,
        wishes.district_code,
        case when periods.period_kind = 'month' then periods.period end as month,
        case when periods.period_kind = 'quarter' then periods.period end as quarter,
        wishes.occupation_code as occupation,
        wishes.sex,
        {{ priority_columns('wishes') }},
        wishes.is_border,
        coalesce(senders.comparable_from <= periods.last_day, false) as is_comparable
    from wishes
    inner join periods on wishes.wished_on <= periods.last_day and wishes.ended_on > periods.last_day
    left join senders on wishes.sender_code = senders.sender_code
    where wishes.overlaps_other_wish
),

persons_with_overlaps as (
    select
        cell_kind,
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        max(area_weight) as seekers,
        coalesce(max(area_weight) filter (where is_comparable), 0) as compared_seekers
    from {{ rows_in_cells(stock_measures(), 'rows_wishes_in_stock', 'overlapping_wishes') }} as in_cells
    group by cell_kind, period_kind, period, area_mode, area_code, area, breakdown, unit_key
),

stocks as (
    select
        levels.cell_kind,
        levels.period_kind,
        periods.period,
        levels.area_mode,
        levels.area_code,
        levels.area,
        levels.breakdown,
        levels.openings,
        levels.compared_openings,
        levels.seekers,
        levels.compared_seekers
    from levels
    inner join periods
        on levels.period_kind = periods.period_kind and levels.begins_on <= periods.begins_on and levels.next_begins_on > periods.begins_on
    where levels.openings > 0 or levels.seekers > 0
    union all
    select
        cell_kind,
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        0 as openings,
        0 as compared_openings,
        seekers,
        compared_seekers
    from persons_with_overlaps
),

stocks_by_cell as (
    select
        cell_kind,
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        breakdown,
        {{ rounded_sum('sum(openings)') }} as openings,
        {{ rounded_sum('sum(compared_openings)') }} as compared_openings,
        {{ rounded_sum('sum(seekers)') }} as seekers,
        {{ rounded_sum('sum(compared_seekers)') }} as compared_seekers
    from stocks
    group by cell_kind, period_kind, period, area_mode, area_code, area, breakdown
),

counts as (
    select
        stocks_by_cell.*,
        periods.has_orders,
        periods.has_wishes
    from stocks_by_cell
    inner join periods on stocks_by_cell.period_kind = periods.period_kind and stocks_by_cell.period = periods.period
)

{{ measured_cells(stock_measures().measures, 'counts') }}
