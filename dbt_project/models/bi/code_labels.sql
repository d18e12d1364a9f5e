-- The labels of the codes of forms: sex, education, qualification, status, contract and others.
with codes as (select * from {{ ref('code_list') }})

select
    code_list,
    code,
    label_vi,
    label_en,
    sort_order::int as sort_order
from codes
