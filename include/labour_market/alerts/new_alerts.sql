-- Record the causes that are not open yet.
insert into ops.alert (cause, kind, sentence)
select
    cause.key,
    cause.kind,
    cause.sentence
from unnest(%(keys)s::text[], %(kinds)s::text[], %(sentences)s::text[]) as cause (key, kind, sentence)
on conflict (cause) do update
    set sentence = excluded.sentence, opened_at = clock_timestamp(), escalated_at = null, closed_at = null
    where alert.closed_at is not null
returning cause, kind, sentence
