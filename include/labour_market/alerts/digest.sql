-- The lines of the digest of the last 24 hours.
with lines as (
    select 1 as place, feed || ' ' || state as ordered_by, 'Lô | batches: ' || feed || ' ' || state || ' ' || count(*) as line
    from ops.batch
    where discovered_at > now() - interval '24 hours'
    group by feed, state
    union all
    select 2, batch_id::text, 'Bị chặn | blocked: ' || sender_code || ' ' || sender || ', ' || feed || ' ' || period || ': ' || reason_vi
    from bi.blocked_batches
    where discovered_at > now() - interval '24 hours'
    union all
    select 3, sender_code || feed, 'Còn thiếu | missing: ' || sender_code || ' ' || sender || ', ' || feed || ': ' || count(*) || ' kỳ | periods, '
        || max(days_late) || ' ngày | days'
    from bi.due_deliveries
    where state in ('missing', 'silent')
    group by sender_code, sender, feed
    union all
    select 4, sender_code || feed, 'Không nhận được | not reached: ' || sender_code || ' ' || sender || ', ' || feed || ': ' || coalesce(reason, state)
    from bi.sender_gateways
    where state in ('failing', 'not_requested')
    union all
    select 5, to_char(build_id, '000000000000'), 'Dựng | build ' || build_id || ': '
        || coalesce(round(extract(epoch from finished_at - started_at))::text, '?') || ' s, '
        || case when succeeded then 'xong | done' else 'lỗi | failed' end
    from ops.build
    where started_at > now() - interval '24 hours'
)

select line from lines
order by place, ordered_by
