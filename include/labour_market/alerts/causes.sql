-- Gateways that are not reached, deliveries that are missing, batches that are blocked, and a last build that failed.
with gateways as (
    select
        sender_code,
        min(sender) as sender,
        string_agg(feed, ', ' order by feed) as feeds,
        coalesce(min(reason), 'không được hỏi trong 30 giờ | not requested for 30 hours') as reason
    from bi.sender_gateways
    where state in ('failing', 'not_requested')
    group by sender_code
),

missing as (
    select
        feed,
        sender_code,
        min(sender) as sender,
        count(*) as periods,
        min(due_on) as due_on
    from bi.due_deliveries
    where state in ('missing', 'silent')
    group by feed, sender_code
),

last_build as (
    select
        build_id,
        succeeded
    from ops.build
    where finished_at is not null
    order by build_id desc
    limit 1
)

select
    'gateway ' || sender_code as key,
    'gateway' as kind,
    sender_code || ' ' || sender || ': không nhận được ' || feeds || ' | not reached: ' || reason as sentence,
    sender_code
from gateways
union all
select
    'missing ' || sender_code || ' ' || feed as key,
    'missing' as kind,
    sender_code || ' ' || sender || ': thiếu ' || periods || ' kỳ của ' || feed || ', hạn từ ' || to_char(due_on, 'DD/MM/YYYY')
    || ' | missing: ' || periods || ' periods, due from ' || to_char(due_on, 'YYYY-MM-DD') as sentence,
    sender_code
from missing
union all
select
    'blocked ' || batch_id as key,
    'blocked' as kind,
    sender_code || ' ' || sender || ', ' || feed || ', lô ' || batch_id || ': ' || reason_vi || ' | ' || reason_en as sentence,
    sender_code
from bi.blocked_batches
union all
select
    'build' as key,
    'build' as kind,
    'Lần dựng ' || build_id || ' bị lỗi | build ' || build_id || ' failed' as sentence,
    null as sender_code
from last_build
where not succeeded
order by kind, key
