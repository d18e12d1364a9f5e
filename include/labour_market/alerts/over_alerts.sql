-- Close the open alerts whose cause is over.
update ops.alert set closed_at = clock_timestamp()
where closed_at is null and cause <> all(%(keys)s::text[])
returning cause, kind, sentence, sender_code
