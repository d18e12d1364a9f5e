{{ config(incremental_strategy='merge', unique_key='activity_sk') }}
-- The activities of sub-project 4.3.
select
    {{ surrogate_key(["'programme_activity'", 'code']) }} as activity_sk,
    code as activity_code,
    label_vi,
    label_en,
    sort_order::int as sort_order
from {{ ref('code_list') }}
where code_list = 'programme_activity'
union all
select
    -1,
    'unknown',
    'Không rõ',
    'Unknown',
    98
union all
select
    -2,
    'not_applicable',
    'Không áp dụng',
    'Not applicable',
    99
