-- The ledger as the marts need it: each delivery with its state, and the moment it was published.
with ledger as (
    select
        batch.*,
        {% if var('known_at') %}
            moved.to_state as state_known,
            case when batch.published_at <= '{{ var("known_at") }}' then batch.published_at end as published_known
        {% else %}
            batch.state as state_known,
            batch.published_at as published_known
        {% endif %}
    from {{ source('ops', 'batch') }} as batch
    {% if var('known_at') %}
        cross join lateral (
            select event.to_state
            from {{ source('ops', 'batch_event') }} as event
            where event.batch_id = batch.batch_id and event.at <= '{{ var("known_at") }}'
            order by event.event_id desc
            limit 1
        ) as moved
    {% endif %}
)

select
    batch_id,
    feed,
    sender_code,
    period,
    sequence,
    delivery_id,
    state_known as state,
    declared_records,
    records_published,
    records_quarantined,
    records_duplicate,
    declared_totals,
    stated_totals,
    counted_totals,
    reason_rule,
    reason_vi,
    reason_en,
    remedy_vi,
    superseded_by,
    code_version,
    (delivery_created_at at time zone 'Asia/Ho_Chi_Minh')::date as delivered_on,
    discovered_at,
    landed_at,
    published_known as published_at
from ledger
