-- Copy the rows of a batch that rules keep out into quarantine, each with the rule, the column and the pattern of its value. A decision
-- on a row stays; one that was superseded is open again.
insert into quarantine.rejected_row (batch_id, row_no, rule_id, feed, sender_code, period, action, column_name, value_pattern)
select
    failure.batch_id,
    failure.row_no,
    failure.rule_id,
    %(feed)s,
    %(sender_code)s,
    %(period)s,
    rule.action,
    coalesce(failure.column_name, ''),
    coalesce(failure.value_pattern, '')
from stage.{failures} as failure
inner join unnest(%(rules)s::text[], %(actions)s::text[]) as rule (rule_id, action) using (rule_id)
where failure.batch_id = %(batch_id)s
on conflict (batch_id, row_no, rule_id, column_name) do update set status = 'open'
where rejected_row.status = 'superseded'
