-- Record the causes that are not open yet.
insert into ops.alert (cause, kind, sentence, sender_code)
select
    cause.key,
    cause.kind,
    cause.sentence,
    cause.sender_code
from unnest(%(keys)s::text[], %(kinds)s::text[], %(sentences)s::text[], %(senders)s::text[]) as cause (key, kind, sentence, sender_code)
on conflict (cause) do update
    set sentence = excluded.sentence, sender_code = excluded.sender_code, opened_at = clock_timestamp(), escalated_at = null, closed_at = null
    where alert.closed_at is not null
returning cause, kind, sentence, sender_code
