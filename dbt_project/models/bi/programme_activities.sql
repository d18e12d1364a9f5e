-- Activities of sub-project 4.3, in the order of the form.
with activities as (select * from {{ ref('dim_programme_activity') }})

select
    activity_code,
    label_vi,
    label_en,
    sort_order
from activities
where activity_sk > 0
