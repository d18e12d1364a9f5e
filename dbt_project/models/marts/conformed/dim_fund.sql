{{ config(incremental_strategy='merge', unique_key='fund_sk') }}
-- Programme money by its kind (recurrent, investment) and by whose budget it is; the source of a plan's money is not told.
with sources as (
    select
        code,
        label_vi,
        label_en
    from {{ ref('code_list') }}
    where code_list = 'fund_source'
    union all
    select
        'not_told',
        'Không ghi nguồn',
        'source not told'
)

select
    {{ surrogate_key(['kind.code', 'source.code']) }} as fund_sk,
    kind.code as fund_type,
    kind.label_vi as fund_type_vi,
    kind.label_en as fund_type_en,
    source.code as fund_source,
    source.label_vi as fund_source_vi,
    source.label_en as fund_source_en
from {{ ref('code_list') }} as kind
cross join sources as source
where kind.code_list = 'fund_type'
union all
select
    -1,
    'unknown',
    'Không rõ',
    'Unknown',
    'unknown',
    'Không rõ',
    'Unknown'
