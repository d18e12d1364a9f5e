{{ config(incremental_strategy='merge', unique_key='batch_id') }}
-- The audit dimension: every fact row names its batch, and the batch leads to the delivery and its bytes.
with batches as (
    select
        batch.batch_id,
        batch.feed,
        batch.sender_code,
        batch.period,
        batch.sequence,
        batch.delivery_id,
        batch.state,
        batch.declared_records,
        batch.records_published,
        batch.records_quarantined,
        batch.records_duplicate,
        batch.superseded_by,
        batch.code_version,
        batch.discovered_at,
        batch.published_at
    from {{ ref('stg_ops__batch') }} as batch
    {% if is_incremental() %}
        inner join {{ source('ops', 'build_scope') }} as scope
            on batch.feed = scope.feed and batch.sender_code = scope.sender_code and batch.period = scope.period
    {% endif %}
    where batch.published_at is not null
),

members as (
    select
        -1::bigint as batch_id,
        'none' as feed,
        'none' as sender_code,
        'none' as period,
        0 as sequence,
        'none' as delivery_id,
        'none' as state,
        0 as declared_records,
        0 as records_published,
        0 as records_quarantined,
        0 as records_duplicate,
        null::bigint as superseded_by,
        null as code_version,
        null::timestamptz as discovered_at,
        null::timestamptz as published_at
    union all
    select
        -2,
        'none',
        'none',
        'none',
        0,
        'none',
        'none',
        0,
        0,
        0,
        0,
        null,
        null,
        null,
        null
)

select * from batches
union all
select * from members
