-- Decisions on rows of a batch that their rule does not keep out any more.
update quarantine.rejected_row as decided
set status = 'superseded'
where decided.batch_id = %(batch_id)s
    and decided.status in ('released', 'closed')
    and not exists (
        select from stage.{failures} as failure
        where failure.batch_id = decided.batch_id and failure.row_no = decided.row_no and failure.rule_id = decided.rule_id
    )
