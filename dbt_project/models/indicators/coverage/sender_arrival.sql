-- Whose deliveries a figure is counted from, and which of them arrived: one row a feed, basis (metric_feed), period of a figure and sender that is
-- expected. Expected is every sender that the senders file or the ledger names for the feed; of fairs only those that held a session, or announced one,
-- since a district without a fair is not missing.
with metric_feeds as (select * from {{ ref('metric_feed') }}),

periods_of_metrics as (select * from {{ ref('period_of_metric') }}),

batches as (select * from {{ ref('stg_ops__batch') }}),

gateways as (select * from {{ ref('stg_ops__gateway_request') }}),

orders as (select * from {{ ref('fct_job_order') }}),

held_sessions as (select * from {{ ref('int_sessions__with_periods') }}),

placements as (select * from {{ ref('fct_placement') }}),

dates as (select * from {{ ref('dim_date') }}),

due_periods as (select * from {{ ref('int_due_periods') }}),

cutoff as (select * from {{ ref('int_reporting_cutoff_date') }}),


periods as (
    select distinct
        metric_feeds.feed,
        metric_feeds.basis,
        periods_of_metrics.period_kind,
        periods_of_metrics.period
    from periods_of_metrics
    inner join metric_feeds on periods_of_metrics.metric = metric_feeds.metric
),

dated_periods as (
    select
        periods.*,
        coalesce(held_sessions.held_on, days.first_day) as first_day,
        least(coalesce(held_sessions.held_on, days.last_day), cutoff.day) as last_day
    from periods
    left join held_sessions on periods.period_kind = 'session' and periods.period = held_sessions.session
    cross join cutoff
    cross join lateral (values ({{ first_day_of_figure('periods.period_kind', 'periods.period') }})) as first_days (first_day)
    cross join
        lateral (
            values (first_days.first_day, {{ last_day_of_figure('periods.period_kind', 'periods.period', 'first_days.first_day') }})
        ) as days (first_day, last_day)
),

-- of several deliveries of one partition one is enough that was published
partitions as (
    select
        feed,
        sender_code,
        period,
        {{ period_start('period') }} as first_day,
        {{ period_end('period') }} - 1 as last_day,
        bool_or(state = 'published') as is_published
    from batches
    where {{ period_start('period') }} is not null
    group by feed, sender_code, period
),

first_events as (
    select
        events.feed,
        events.sender_code,
        dates.date_day as first_day
    from (
        select
            'job_orders' as feed,
            sender_code,
            min(posted_date_sk) as date_sk
        from orders
        group by sender_code
        union all
        select
            'placements' as feed,
            sender_code,
            min(start_date_sk) as date_sk
        from placements
        group by sender_code
    ) as events
    inner join dates on events.date_sk = dates.date_sk
),

named as (
    select
        feed,
        sender_code
    from gateways
    union
    select
        feed,
        sender_code
    from batches
),

own_reports as (
    select
        named.feed,
        named.sender_code,
        min(partitions.first_day) as first_partition,
        min(first_events.first_day) as first_event,
        max(partitions.last_day) as reports_until
    from named
    left join partitions on named.feed = partitions.feed and named.sender_code = partitions.sender_code and partitions.is_published
    left join first_events on named.feed = first_events.feed and named.sender_code = first_events.sender_code and partitions.sender_code is not null
    group by named.feed, named.sender_code
),

-- An order was posted, a job was started, before the period of the delivery that reports it. The first deliveries of a feed report what happened before it
-- began, also of a sender of which nothing happened; a sender that begins later reports from its own first day on.
senders as (
    select
        feed,
        sender_code,
        reports_until,
        case
            when first_partition <= min(first_partition) over of_feed + 31 then least(first_partition, min(first_event) over of_feed)
            else least(first_partition, first_event)
        end as reports_from
    from own_reports
    window of_feed as (partition by feed)
),

-- the last day that a sender must have reported on, by the due dates
required_days as (
    select
        due_periods.feed,
        max({{ period_end('due_periods.period') }} - 1) as last_day
    from due_periods
    cross join cutoff
    where due_periods.due_on <= cutoff.day and due_periods.period_kind in ('day', 'month')
    group by due_periods.feed
),

expected as (
    select
        dated_periods.*,
        senders.sender_code,
        senders.reports_from,
        senders.reports_until,
        case dated_periods.basis
            when 'until_then' then '-infinity'
            when 'sessions_until_then' then '-infinity'
            when 'latest_round' then '-infinity'
            when 'round' then date_trunc('year', dated_periods.first_day::timestamp)::date
            else dated_periods.first_day
        end as counted_from,
        case dated_periods.basis
            when 'sessions_after_round' then least((dated_periods.last_day + interval '1 year')::date, cutoff.day)
            when 'after_vintage' then least((dated_periods.last_day + interval '1 year')::date, cutoff.day)
            when 'round' then (date_trunc('year', dated_periods.first_day::timestamp) + interval '1 year')::date - 1
            else dated_periods.last_day
        end as counted_until
    from dated_periods
    inner join senders on dated_periods.feed = senders.feed
    cross join cutoff
    where dated_periods.period_kind <> 'session' or dated_periods.period like senders.sender_code || '/%'
),

partitions_of_periods as (
    select
        expected.feed,
        expected.basis,
        expected.period_kind,
        expected.period,
        expected.sender_code,
        bool_or(partitions.is_published) as has_published,
        max(partitions.first_day) filter (where partitions.is_published) as last_published,
        max(partitions.first_day) filter (where not partitions.is_published) as last_unpublished,
        bool_or(not partitions.is_published) as has_unpublished
    from expected
    inner join partitions
        on expected.feed = partitions.feed and expected.sender_code = partitions.sender_code
            and case
                when expected.basis = 'vintage' then expected.period = partitions.period
                when expected.basis in ('round', 'latest_round')
                    then expected.counted_from <= partitions.first_day and expected.counted_until >= partitions.first_day
                else expected.counted_until >= partitions.first_day and expected.counted_from <= partitions.last_day
            end
    -- published days of a feed of days are many, and of no use
    where expected.feed <> 'job_orders' or not partitions.is_published
    group by expected.feed, expected.basis, expected.period_kind, expected.period, expected.sender_code
),

sessions_of_periods as (
    select
        expected.feed,
        expected.basis,
        expected.period_kind,
        expected.period,
        expected.sender_code,
        bool_or(partitions.sender_code is not null) as has_published,
        bool_and(partitions.sender_code is not null) as has_every_session
    from expected
    inner join held_sessions
        on expected.sender_code = held_sessions.sender_code
            and expected.counted_from <= held_sessions.held_on and expected.counted_until >= held_sessions.held_on
            and (expected.period_kind <> 'session' or expected.period = held_sessions.session)
    left join partitions
        on expected.feed = partitions.feed and held_sessions.sender_code = partitions.sender_code and partitions.is_published
            and held_sessions.held_on >= partitions.first_day and held_sessions.held_on <= partitions.last_day
    where expected.basis in ('sessions', 'sessions_until_then', 'sessions_after_round')
    group by expected.feed, expected.basis, expected.period_kind, expected.period, expected.sender_code
),

-- sessions that were announced and are not known, because their delivery is not published
announced_sessions as (
    select distinct
        expected.feed,
        expected.basis,
        expected.period_kind,
        expected.period,
        expected.sender_code
    from expected
    inner join partitions
        on partitions.feed = 'fair_sessions' and not partitions.is_published and expected.sender_code = partitions.sender_code
            and expected.counted_until >= partitions.first_day and expected.counted_from <= partitions.last_day
    where expected.basis in ('sessions', 'sessions_until_then', 'sessions_after_round')
),

states as (
    select
        expected.feed,
        expected.basis,
        expected.period_kind,
        expected.period,
        expected.sender_code,
        case expected.basis
            when 'announced' then found.feed is not null
            when 'sessions' then held.feed is not null or found.feed is not null or announced.sender_code is not null
            when 'sessions_until_then' then held.feed is not null or found.feed is not null or announced.sender_code is not null
            when 'sessions_after_round' then held.feed is not null or found.feed is not null or announced.sender_code is not null
            else true
        end as is_expected,
        case expected.basis
            when 'period' then expected.reports_until >= expected.counted_from and expected.reports_from <= expected.counted_until
            when 'after_vintage' then expected.reports_until >= expected.counted_from and expected.reports_from <= expected.counted_until
            when 'until_then' then expected.reports_from <= expected.counted_until
            when 'sessions' then held.has_published
            when 'sessions_until_then' then held.has_published
            when 'sessions_after_round' then held.has_published
            else found.has_published
        end as has_any,
        case expected.basis
            when 'latest_round' then found.last_unpublished > found.last_published
            when 'round' then found.last_unpublished > found.last_published
            else found.has_unpublished
        end as lacks_one,
        case
            when expected.basis in ('period', 'until_then', 'after_vintage')
                then expected.reports_until < required_days.last_day and expected.reports_until < expected.counted_until
            when expected.basis in ('sessions', 'sessions_until_then', 'sessions_after_round')
                then held.has_every_session is not true or announced.sender_code is not null
        end as is_behind
    from expected
    left join required_days on expected.feed = required_days.feed
    left join partitions_of_periods as found
        on expected.feed = found.feed and expected.basis = found.basis and expected.period_kind = found.period_kind
            and expected.period = found.period and expected.sender_code = found.sender_code
    left join sessions_of_periods as held
        on expected.feed = held.feed and expected.basis = held.basis and expected.period_kind = held.period_kind
            and expected.period = held.period and expected.sender_code = held.sender_code
    left join announced_sessions as announced
        on expected.feed = announced.feed and expected.basis = announced.basis and expected.period_kind = announced.period_kind
            and expected.period = announced.period and expected.sender_code = announced.sender_code
)

select
    feed,
    basis,
    period_kind,
    period,
    sender_code,
    case
        when not coalesce(has_any, false) then 'none'
        when coalesce(lacks_one, false) or coalesce(is_behind, false) then 'part'
        else 'all'
    end as arrival
from states
where is_expected
