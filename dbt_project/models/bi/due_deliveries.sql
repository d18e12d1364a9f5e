-- What was due in the last year (of a daily feed: in the last month), since the sender is in the senders file or has sent the feed. A session is due only
-- where one was held. A sender of a feed without due dates that has sent and then stopped is silent. `set lmw.today = '2023-06-30'` shows another day.
with batches as (select * from {{ ref('stg_ops__batch') }}),

gateways as (select * from {{ ref('stg_ops__gateway_request') }}),

rules as (select * from {{ ref('due_rule') }}),

due_periods as (select * from {{ ref('int_due_periods') }}),

sessions as (select * from {{ ref('stg_fair_sessions__session') }}),

areas as (select * from {{ ref('dim_area') }}),

offices as (select * from {{ ref('dim_reporting_unit') }}),

today as (
    select coalesce(nullif(current_setting('lmw.today', true), '')::date, {{ province_date("now()") }}) as today_date
),

sent as (
    select
        batches.feed,
        batches.sender_code,
        batches.period,
        min(batches.delivered_on) as delivered_on,
        bool_or(batches.published_at is not null) as is_published,
        bool_or({{ is_open('batches.state') }}) as is_waiting
    from batches
    cross join today
    where batches.delivered_on <= today.today_date
    group by batches.feed, batches.sender_code, batches.period
),

sent_feeds as (
    select
        feed,
        sender_code,
        min(delivered_on) as first_sent_on,
        max(delivered_on) as last_sent_on,
        max(period) as last_period
    from sent
    group by feed, sender_code
),

expected as (
    select
        gateways.feed,
        gateways.sender_code,
        least(gateways.listed_on, sent_feeds.first_sent_on) as expected_from,
        sent_feeds.last_sent_on,
        sent_feeds.last_period
    from gateways
    left join sent_feeds on gateways.feed = sent_feeds.feed and gateways.sender_code = sent_feeds.sender_code
),

session_months as (
    select distinct
        sessions.sender_code,
        to_char(sessions.held_on, 'YYYY-MM') as period
    from sessions
),

due as (
    select
        expected.feed,
        expected.sender_code,
        due_periods.period,
        due_periods.due_on,
        sent.delivered_on,
        case
            when sent.delivered_on is null then 'missing'
            when sent.is_published then 'delivered'
            when sent.is_waiting then 'waiting'
            else 'blocked'
        end as state
    from expected
    cross join today
    inner join due_periods on expected.feed = due_periods.feed
    left join sent
        on expected.feed = sent.feed and expected.sender_code = sent.sender_code and due_periods.period = sent.period
    left join session_months
        on expected.sender_code = session_months.sender_code and due_periods.period = session_months.period
    where due_periods.due_on < today.today_date
        and due_periods.due_on >= expected.expected_from
        and due_periods.due_on >= today.today_date - case due_periods.period_kind when 'day' then 31 else 400 end
        and (due_periods.period_kind <> 'session' or session_months.period is not null)
    union all
    select
        expected.feed,
        expected.sender_code,
        expected.last_period as period,
        expected.last_sent_on + rules.silent_days::int as due_on,
        expected.last_sent_on as delivered_on,
        'silent' as state
    from expected
    cross join today
    inner join rules on expected.feed = rules.feed
    where rules.period_kind = 'none' and expected.last_sent_on + rules.silent_days::int < today.today_date
)

select
    due.feed,
    due.sender_code,
    coalesce(areas.name_vi, offices.label_vi, due.sender_code) as sender,
    due.period,
    due.due_on,
    due.delivered_on,
    case when due.state in ('missing', 'silent') then today.today_date - due.due_on else greatest(due.delivered_on - due.due_on, 0) end as days_late,
    due.state
from due
cross join today
left join areas on areas.level = 'district' and due.sender_code = areas.code
left join offices on due.sender_code = offices.unit_code and due.due_on >= offices.valid_from and due.due_on < offices.valid_to
