{{ config(incremental_strategy='merge', unique_key='fund_sk') }}
-- Every kind of money (recurrent, investment) with every source. A plan does not state the source of its money: its code is not_stated.
with codes as (select * from {{ ref('code_list') }}),

fund_types as (
    select
        code,
        label_vi,
        label_en
    from codes
    where code_list = 'fund_type'
),

fund_sources as (
    select
        code,
        label_vi,
        label_en
    from codes
    where code_list = 'fund_source'
    union all
    select
        'not_stated' as code,
        'Không ghi nguồn' as label_vi,
        'source not stated' as label_en
),

funds as (
    select
        {{ surrogate_key(['fund_types.code', 'fund_sources.code']) }} as fund_sk,
        fund_types.code as fund_type,
        fund_types.label_vi as fund_type_vi,
        fund_types.label_en as fund_type_en,
        fund_sources.code as fund_source,
        fund_sources.label_vi as fund_source_vi,
        fund_sources.label_en as fund_source_en
    from fund_types
    cross join fund_sources
)

{{ with_special_members('funds', {
    'fund_sk': 'key',
    'fund_type': 'code',
    'fund_type_vi': 'label_vi',
    'fund_type_en': 'label_en',
    'fund_source': 'code',
    'fund_source_vi': 'label_vi',
    'fund_source_en': 'label_en',
}, members=['unknown']) }}
