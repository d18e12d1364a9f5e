-- Take every value from the records of erased persons; they stay in core as empty records that were never current, so that each record of
-- their batch is accounted for. Gives the batch, sender and period of each.
update core.{feed} as recorded
set {blanks}, recorded_to = recorded.recorded_from
where {condition}
returning recorded.batch_id, recorded.sender_code, recorded.period
