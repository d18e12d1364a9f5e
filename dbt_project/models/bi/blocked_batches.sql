-- Batches that were blocked whole, each with its reason and what the sender can do.
select
    batch.batch_id,
    batch.feed,
    batch.sender_code,
    coalesce(area.name_vi, batch.sender_code) as sender,
    batch.period,
    batch.sequence,
    batch.state,
    batch.declared_records as records,
    batch.reason_rule as rule_id,
    batch.reason_vi,
    batch.reason_en,
    batch.remedy_vi,
    batch.discovered_at
from {{ ref('stg_ops__batch') }} as batch
left join {{ ref('dim_area') }} as area on area.level = 'district' and batch.sender_code = area.code
where batch.state in ('quarantined', 'rejected')
