with quarantined_rows as (select * from {{ source('quarantine', 'rejected_row') }}),

areas as (select * from {{ ref('dim_area') }})

select
    quarantined_rows.feed,
    quarantined_rows.sender_code,
    coalesce(areas.name_vi, quarantined_rows.sender_code) as sender,
    quarantined_rows.period,
    quarantined_rows.rule_id,
    quarantined_rows.action,
    quarantined_rows.status,
    count(distinct quarantined_rows.batch_id || '/' || quarantined_rows.row_no) as rows,
    count(distinct quarantined_rows.batch_id) as batches
from quarantined_rows
left join areas on areas.level = 'district' and quarantined_rows.sender_code = areas.code
group by
    quarantined_rows.feed, quarantined_rows.sender_code, areas.name_vi, quarantined_rows.period, quarantined_rows.rule_id,
    quarantined_rows.action, quarantined_rows.status
