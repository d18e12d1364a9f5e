"""The queries of the page on `bi`, and its labels for the states of batches and gateways and for what a figure means."""

from labour_market.batches.states import BatchState

QUERIES = {
    "supply_demand": """
        select occupation_code || ' ' || occupation_vi as occupation, seekers_compared::int as seekers, openings_compared::int as openings,
            period, senders_in, senders_expected
        from bi.supply_demand_by_occupation
        inner join (
            select period, senders_in, senders_expected
            from bi.indicator
            where metric = 'tension_planned' and area_code = 'all' and breakdown = 'all'
            order by period desc
            limit 1
        ) as coverage using (period)
        where area_mode = 'as_reported' and area_code = 'all' and occupation_code not in ('unknown', 'not_applicable')
        order by occupation_code
    """,
    "funnel": """
        select case measure when 'visits' then 'Lượt | visits' else 'Người | persons' end as measure,
            attended, counselled, interviewed, passed, offered, started
        from bi.fair_funnel
        where sender_code = 'all'
        order by measure
    """,
    "districts": """
        select area_code as district_code, area as district, denominator::int as seekers, numerator::int as openings,
            round(value, 2) as tension, status as meaning, period
        from bi.indicator
        where metric = 'tension_planned' and area_mode = 'as_reported' and area_code <> 'all' and breakdown = 'all'
            and period = (select max(period) from bi.indicator where metric = 'tension_planned')
        order by area_code
    """,
    "coding": """
        select area as district, feed, jobs::int as jobs, share_level_2, share_level_4, share_level_5,
            share_provisional, share_uncodable
        from bi.occupation_coding_quality
        where area_mode = 'as_reported' and area_code <> 'all'
        order by feed, area_code
    """,
    "queue": """
        select title, seen::int as seen, first_seen, last_seen
        from bi.occupation_queue
        order by seen desc, title
        limit 20
    """,
    "freshness": """
        select sender_code || ' ' || sender as sender, kind, feed, state, last_published_at
        from bi.batch_freshness
        order by kind, sender_code, feed
    """,
    "gateways": """
        select sender_code || ' ' || sender as sender, state, reason, string_agg(feed, ', ' order by feed) as feeds,
            max(last_requested_at) as last_requested_at, min(last_answered_at) as last_answered_at
        from bi.sender_gateways
        group by sender_code, sender, state, reason
        order by sender_code, state, reason
    """,
    "due": """
        select sender_code || ' ' || sender as sender, feed, state, count(*)::int as periods, min(due_on) as due_on, max(days_late)::int as days_late
        from bi.due_deliveries
        where state in ('missing', 'silent')
        group by sender_code, sender, feed, state
        order by sender_code, feed
    """,
    "blocked": """
        select batch_id, feed, sender_code || ' ' || sender as sender, period, state, reason_vi, reason_en, remedy_vi
        from bi.blocked_batches
        order by batch_id
    """,
    "findings": """
        select finding_id, batch_id, feed, coalesce(sender_code || ' ' || sender, '') as sender, finding_vi, finding_en, found_at
        from bi.open_findings
        order by finding_id
    """,
    BatchState.QUARANTINED: """
        select rule_id, sum(rows)::int as rows, count(distinct sender_code)::int as senders
        from bi.data_quality
        where status = 'open'
        group by rule_id
        order by rows desc, rule_id
    """,
}

STATES = {
    BatchState.PUBLISHED: "đã công bố | published",
    BatchState.QUARANTINED: "bị chặn | blocked",
    BatchState.REJECTED: "không nhận | rejected",
    BatchState.SUPERSEDED: "đã thay thế | superseded",
    "waiting": "đang xử lý | in progress",
    "missing": "còn thiếu | missing",
    "nothing_due": "không có hạn | nothing due",
    "delivered": "đã gửi | delivered",
    "silent": "im lặng | silent",
    "answered": "đã trả lời | answered",
    "failing": "không nhận được | failing",
    "requested": "đang hỏi | requested",
    "not_requested": "chưa hỏi | not requested",
}

# The labels of what a figure means; a complete figure needs none.
MEANINGS = {
    "ok": "",
    "partial": "thiếu đơn vị gửi | a sender is missing",
    "hidden": "ẩn vì ít người | hidden, few persons",
    "not_received": "chưa nhận dữ liệu | not received",
    "not_reached": "chưa đủ trường hợp | too few cases yet",
    "not_applicable": "không tính được | nothing to divide by",
}
