{{ config(incremental_strategy='merge', unique_key='batch_id') }}
-- Every row of a fact names its batch, and the batch leads to the delivery and its file.
with batches as (select * from {{ ref('stg_ops__batch') }}),

published_batches as (
    select batches.*
    from batches
    {% if is_incremental() %}
        inner join {{ source('ops', 'build_scope') }} as scope
            on batches.feed = scope.feed and batches.sender_code = scope.sender_code and batches.period = scope.period
    {% endif %}
    where batches.published_at is not null
)

{{ with_special_members('published_batches', {
    'batch_id': 'key',
    'feed': 'none',
    'sender_code': 'none',
    'period': 'none',
    'sequence': '0',
    'delivery_id': 'none',
    'state': 'none',
    'declared_records': '0',
    'records_published': '0',
    'records_quarantined': '0',
    'records_duplicate': '0',
    'superseded_by': 'empty',
    'code_version': 'empty',
    'discovered_at': 'empty',
    'published_at': 'empty',
}) }}
