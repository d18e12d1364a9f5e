-- What the last audit of a batch found, worst first.
select batch.feed, result.rule_id, result.verdict, result.checked, result.failed, result.first_rows
from ops.audit_result as result
inner join ops.batch as batch using (batch_id)
where result.batch_id = %(batch_id)s
    and result.verdict <> 'pass'
    and result.attempt = (select max(attempt) from ops.audit_result where batch_id = %(batch_id)s)
order by
    array_position(array['block', 'quarantine', 'warn', 'normalise'], result.verdict),
    result.failed desc,
    result.rule_id
