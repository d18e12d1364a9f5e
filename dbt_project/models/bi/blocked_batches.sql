-- Batches that were blocked whole, each with its reason and what the sender can do.
select
    batch.batch_id,
    batch.feed,
    batch.sender_code,
    coalesce(area.name_vi, office.label_vi, batch.sender_code) as sender,
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
left join {{ ref('dim_reporting_unit') }} as office
    on batch.sender_code = office.unit_code and batch.delivered_on >= office.valid_from and batch.delivered_on < office.valid_to
where batch.state in ('quarantined', 'rejected')
