{{ config(incremental_strategy='merge', unique_key='industry_sk') }}
-- Sections of VSIC by version. Letters mean other things in another version, so the version is part of the key.
select
    {{ surrogate_key(['version', 'code']) }} as industry_sk,
    version,
    code as section_code,
    label_vi,
    label_en,
    valid_from::date as valid_from,
    coalesce(nullif(valid_to, '')::date, 'infinity'::date) as valid_to
from {{ ref('industry_section') }}
union all
select
    -1,
    'none',
    '-',
    'Không rõ',
    'Unknown',
    '1900-01-01',
    'infinity'
union all
select
    -2,
    'none',
    '-',
    'Không áp dụng',
    'Not applicable',
    '1900-01-01',
    'infinity'
