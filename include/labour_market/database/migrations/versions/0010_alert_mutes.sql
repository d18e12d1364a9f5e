set role loader;

-- the sender that the cause is about, whose own recipients read it too
alter table ops.alert add column sender_code text;

-- a cause, or all causes that begin with these words, that is not sent up to a day; of several mutes of the same words the last one counts
create table ops.alert_mute (
    mute_id bigint generated always as identity primary key,
    cause text not null,
    until date not null,
    because text not null,
    muted_by text not null,
    muted_at timestamptz not null default clock_timestamp()
);
