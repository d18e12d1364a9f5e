{{ config(incremental_strategy='merge', unique_key='industry_sk') }}
-- A letter means another section in another version, so the version is part of the key.
with sections as (
    select
        {{ surrogate_key(['version', 'code']) }} as industry_sk,
        version,
        code as section_code,
        label_vi,
        label_en,
        valid_from::date as valid_from,
        coalesce(nullif(valid_to, '')::date, 'infinity'::date) as valid_to
    from {{ ref('industry_section') }}
)

{{ with_special_members('sections', {
    'industry_sk': 'key',
    'version': 'none',
    'section_code': "'-'",
    'label_vi': 'label_vi',
    'label_en': 'label_en',
    'valid_from': 'first_day',
    'valid_to': 'last_day',
}) }}
