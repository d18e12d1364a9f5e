-- The id of a delivery is what a sender wrote, so it is shown only where it is plain.
-- A published batch that is loaded again stays published until that ends: its earlier records are in core. When figures are counted again as of a
-- moment (known_at), the state is the last one until then.
with batches as (select * from {{ source('ops', 'batch') }}),

{% if var('known_at') %}
    states as (
        select distinct on (batch_id)
            batch_id,
            to_state,
            max(at) filter (where to_state = 'published' and detail ->> 'replay_blocked_by' is null) over (partition by batch_id) as published_at
        from {{ source('ops', 'batch_event') }}
        where at <= '{{ var("known_at") }}'
        order by batch_id asc, event_id desc
    ),
{% endif %}

known_batches as (
    select
        batches.*,
        {% if var('known_at') %}
            states.to_state as known_state,
            states.published_at as known_published_at
        {% else %}
            batches.state as known_state,
            batches.published_at as known_published_at
        {% endif %}
    from batches
    {% if var('known_at') %}
        inner join states on batches.batch_id = states.batch_id
    {% endif %}
)

select
    batch_id,
    feed,
    sender_code,
    period,
    sequence,
    {{ plain_delivery_id() }} as delivery_id,
    case
        when known_published_at is not null and known_state <> 'superseded' and not {{ is_blocked('known_state') }} then 'published'
        else known_state
    end as state,
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
    {{ province_date("delivery_created_at") }} as delivered_on,
    discovered_at,
    landed_at,
    known_published_at as published_at
from known_batches
