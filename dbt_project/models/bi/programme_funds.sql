-- The programme's money by kind and source.
with funds as (select * from {{ ref('dim_fund') }})

select
    fund_type,
    fund_type_vi,
    fund_type_en,
    fund_source,
    fund_source_vi,
    fund_source_en
from funds
where fund_sk > 0
