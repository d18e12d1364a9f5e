{{ config(incremental_strategy='merge', unique_key='unit_sk') }}
-- Units that plan and report, as they were called at the time. A code stays when its bearer changes.
select
    {{ surrogate_key(['code', 'valid_from']) }} as unit_sk,
    code as unit_code,
    label_vi,
    unit_type,
    parent_code,
    valid_from,
    valid_to,
    legal_basis
from {{ ref('stg_reference__reporting_unit') }}
union all
select
    -1,
    'unknown',
    'Không rõ',
    'unknown',
    null,
    '1900-01-01',
    'infinity',
    null
union all
select
    -2,
    'not_applicable',
    'Không áp dụng',
    'not_applicable',
    null,
    '1900-01-01',
    'infinity',
    null
