-- The quarantined and rejected batches, with the reason and the remedy. A sender is a district or an office, so its name is looked up in both lists.
with batches as (select * from {{ ref('stg_ops__batch') }}),

areas as (select * from {{ ref('dim_area') }}),

offices as (select * from {{ ref('dim_reporting_unit') }})

select
    batches.batch_id,
    batches.feed,
    batches.sender_code,
    coalesce(areas.name_vi, offices.label_vi, batches.sender_code) as sender,
    batches.period,
    batches.sequence,
    batches.state,
    batches.declared_records as records,
    batches.reason_rule as rule_id,
    batches.reason_vi,
    batches.reason_en,
    batches.remedy_vi,
    batches.discovered_at
from batches
left join areas on areas.level = 'district' and batches.sender_code = areas.code
left join offices
    on batches.sender_code = offices.unit_code and batches.delivered_on >= offices.valid_from and batches.delivered_on < offices.valid_to
where {{ is_blocked('batches.state') }}
