-- Erasure of persons, and whose entries those of the vault are.

set role loader;

-- the sender whose entry it is: no other one changes it
alter table vault.person add column sender_code text;
update vault.person set sender_code = batch.sender_code from ops.batch as batch where batch.batch_id = person.last_batch_id;
alter table vault.person alter column sender_code set not null;

-- earlier values of an entry, and those of other senders, which did not become the entry
create table vault.person_version (
    person_key text not null,
    sender_code text not null,
    batch_id bigint not null references ops.batch,
    full_name text,
    birth_date date,
    phone text,
    is_refused boolean not null,
    recorded_at timestamptz not null default clock_timestamp()
);
create index person_version_person on vault.person_version (person_key);

-- a request that waits for a second person; its row goes with the person
create table vault.erasure_request (
    request_id bigint generated always as identity primary key,
    person_keys text[] not null,
    reason text not null,
    legal_basis text not null,
    requested_by text not null,
    requested_at timestamptz not null default clock_timestamp()
);
grant insert on vault.erasure_request to dpo;

-- each decided request, without the person
create table ops.erasure (
    request_id bigint primary key,
    decision text not null check (decision in ('approved', 'refused')),
    reason text not null,
    legal_basis text not null,
    requested_by text not null,
    requested_at timestamptz not null,
    decided_by text not null check (decided_by <> requested_by),
    decided_at timestamptz not null default clock_timestamp(),
    vault_rows integer not null,
    core_rows integer not null,
    files integer not null
);

-- files of the landing store that are destroyed; without a time, the file is still to be removed
create table ops.destroyed_file (
    sha256 text primary key,
    because text not null check (because in ('erasure', 'retention')),
    decided_at timestamptz not null default clock_timestamp(),
    destroyed_at timestamptz
);
