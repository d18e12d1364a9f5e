-- Batches whose records are not all accounted for by core and quarantine, in the states in which they must be.
with core_records as ({core_counts}),

quarantined_records as (
    select batch_id, count(distinct row_no) as records
    from quarantine.rejected_row
    where status <> 'superseded'
    group by batch_id
),

counted as (
    select
        batch.*,
        -- a replay may keep out every record, and then core has only those of an earlier publication
        case when batch.records_published + batch.records_superseded = 0 then 0 else coalesce(core_records.records, 0) end as core_records,
        coalesce(quarantined_records.records, 0) as quarantined_records
    from ops.batch as batch
    left join core_records using (batch_id)
    left join quarantined_records using (batch_id)
)

select feed, sender_code, period, batch_id, state, declared_records, records_parsed, core_records, quarantined_records
from counted
where case
    when state = any(%(blocked)s) then core_records <> 0 or reason_rule is null or reason_vi is null
    -- also while it is replayed
    when published_at is not null
        then declared_records <> core_records + quarantined_records
            or records_parsed is distinct from declared_records
            or records_published + records_quarantined + records_duplicate + records_superseded <> declared_records
    when state = 'superseded' then core_records <> 0 or superseded_by is null
    else core_records <> 0
end
