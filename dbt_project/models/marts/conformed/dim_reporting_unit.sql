{{ config(incremental_strategy='merge', unique_key='unit_sk') }}
-- A code stays when the office behind it changes, so a version is identified by code and first day.
with units as (
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
)

{{ with_special_members('units', {
    'unit_sk': 'key',
    'unit_code': 'code',
    'label_vi': 'label_vi',
    'unit_type': 'code',
    'parent_code': 'empty',
    'valid_from': 'first_day',
    'valid_to': 'last_day',
    'legal_basis': 'empty',
}) }}
