-- Rows put aside, by rule, sender and period; the count of batches that the rule touched.
select
    aside.feed,
    aside.sender_code,
    coalesce(area.name_vi, aside.sender_code) as sender,
    aside.period,
    aside.rule_id,
    aside.action,
    aside.status,
    count(distinct aside.batch_id || '/' || aside.row_no) as rows,
    count(distinct aside.batch_id) as batches
from {{ source('quarantine', 'rejected_row') }} as aside
left join {{ ref('dim_area') }} as area on area.level = 'district' and aside.sender_code = area.code
group by aside.feed, aside.sender_code, area.name_vi, aside.period, aside.rule_id, aside.action, aside.status
