-- Escalate the causes that have been open for long, once.
update ops.alert set escalated_at = clock_timestamp()
where closed_at is null and escalated_at is null and cause = any(%(keys)s) and opened_at < clock_timestamp() - %(escalated_after)s
returning cause, kind, sentence, sender_code
