{{ config(incremental_strategy='merge', unique_key='activity_sk') }}
with activities as (
    select
        {{ surrogate_key(["'programme_activity'", 'code']) }} as activity_sk,
        code as activity_code,
        label_vi,
        label_en,
        sort_order::int as sort_order
    from {{ ref('code_list') }}
    where code_list = 'programme_activity'
)

{{ with_special_members('activities', {
    'activity_sk': 'key',
    'activity_code': 'code',
    'label_vi': 'label_vi',
    'label_en': 'label_en',
    'sort_order': ['98', '99'],
}) }}
