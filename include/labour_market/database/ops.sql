-- The ledger and what surrounds it. Run as the role `loader`; may be run again at any time.

create table if not exists ops.batch (
    batch_id bigint generated always as identity primary key,
    feed text not null,
    sender_code text not null,
    delivery_id text not null,
    period text not null,
    sequence integer not null check (sequence >= 1),
    supersedes text,
    form_version text,
    media_type text not null,
    encoding text,
    declared_records integer not null check (declared_records >= 0),
    declared_bytes bigint not null check (declared_bytes >= 0),
    declared_sha256 text not null,
    declared_totals jsonb not null default '{{}}', -- as typed
    delivery_created_at timestamptz not null,
    state text not null default 'discovered' check (
        state in ('discovered', 'landed', 'staged', 'audited', 'published', 'quarantined', 'rejected', 'superseded')
    ),
    attempt integer not null default 0,
    sha256 text,
    bytes bigint,
    landing_path text,
    records_parsed integer,
    records_published integer,
    records_quarantined integer,
    records_duplicate integer,
    records_superseded integer,
    reason_rule text,
    reason_vi text,
    reason_en text,
    remedy_vi text,
    superseded_by bigint references ops.batch,
    code_version text,
    discovered_at timestamptz not null default clock_timestamp(),
    landed_at timestamptz,
    staged_at timestamptz,
    audited_at timestamptz,
    published_at timestamptz,
    unique (sender_code, delivery_id)
);
-- the totals as they are read, {{"attendees": {{"value": 1500, "bound": "at_least", "step": 1}}}}, and what was counted of them in the rows
alter table ops.batch add column if not exists stated_totals jsonb not null default '{{}}';
alter table ops.batch add column if not exists counted_totals jsonb not null default '{{}}';
create index if not exists batch_partition on ops.batch (feed, sender_code, period, sequence);
create index if not exists batch_open on ops.batch (feed, state) where state in ('discovered', 'landed', 'staged', 'audited');

create table if not exists ops.batch_event (
    event_id bigint generated always as identity primary key,
    batch_id bigint not null references ops.batch,
    attempt integer not null,
    from_state text,
    to_state text not null,
    actor text not null,
    detail jsonb not null default '{{}}',
    at timestamptz not null default clock_timestamp()
);
create index if not exists batch_event_batch on ops.batch_event (batch_id);

create table if not exists ops.audit_result (
    batch_id bigint not null references ops.batch,
    attempt integer not null,
    rule_id text not null,
    level text not null,
    action text not null,
    expectation text not null,
    checked bigint not null,
    failed bigint not null,
    verdict text not null check (verdict in ('pass', 'normalise', 'warn', 'quarantine', 'block')),
    first_rows integer[] not null default '{{}}',
    at timestamptz not null default clock_timestamp(),
    primary key (batch_id, attempt, rule_id)
);

-- one line for each change of a partition of core; a build takes up what is not built yet
create table if not exists ops.outbox (
    event_id bigint generated always as identity primary key,
    batch_id bigint not null references ops.batch,
    feed text not null,
    sender_code text not null,
    period text not null,
    created_at timestamptz not null default clock_timestamp(),
    built_at timestamptz
);
create index if not exists outbox_pending on ops.outbox (event_id) where built_at is null;

create table if not exists ops.build_scope (
    feed text not null,
    sender_code text not null,
    period text not null,
    primary key (feed, sender_code, period)
);

create table if not exists ops.build (
    build_id bigint generated always as identity primary key,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    up_to_event bigint not null,
    partitions integer not null,
    succeeded boolean,
    detail text
);

create table if not exists ops.dbt_run_result (
    build_id bigint not null references ops.build,
    node_id text not null,
    resource_type text not null,
    status text not null,
    seconds numeric not null,
    rows_affected bigint,
    failures bigint,
    message text,
    primary key (build_id, node_id)
);

-- a title is coded once for each thing that is known beside it: '', 'status:employee', 'industry:0121'
create table if not exists ops.title_coding (
    title_key text not null,
    title text not null,
    occupation_code text,
    level integer,
    method text not null,
    score numeric not null,
    coder_version text not null,
    first_seen date,
    last_seen date,
    seen_count bigint not null
);

alter table ops.title_coding add column if not exists detail_code text;
alter table ops.title_coding add column if not exists context text not null default '';
alter table ops.title_coding drop constraint if exists title_coding_pkey;
create unique index if not exists title_coding_key on ops.title_coding (title_key, context);

-- what stewards say that a title is: the latest wins over the coder for ever; rows are only ever added
create table if not exists ops.title_correction (
    correction_id bigint generated always as identity primary key,
    title text not null,
    occupation_code text not null,
    reason text not null,
    corrected_by text not null,
    corrected_at timestamptz not null default clock_timestamp()
);

-- provisional codes of trades that the classification does not know: <parent>-Lnn under an official code
create table if not exists ops.occupation_proposal (
    code text primary key check (code ~ '^[0-9]{{4,5}}-L[0-9]{{2}}$'),
    parent_code text not null,
    label_vi text not null,
    label_en text not null,
    keywords text[] not null check (cardinality(keywords) > 0),
    evidence text not null,
    state text not null check (state in ('proposed', 'approved', 'refused', 'retired', 'promoted')),
    proposed_by text not null,
    steward text,
    valid_from date,
    valid_to date,
    replaced_by text,
    check (state in ('proposed', 'refused') or (steward is not null and valid_from is not null and valid_to is not null)),
    check ((state = 'promoted') = (replaced_by is not null))
);

-- the official codes that a promoted one became, with the share of each; the default of a single row is the proposal's replaced_by
create table if not exists ops.occupation_successor (
    code text not null references ops.occupation_proposal,
    official_code text not null,
    weight numeric not null check (weight > 0 and weight <= 1),
    primary key (code, official_code)
);
insert into ops.occupation_successor (code, official_code, weight)
select code, replaced_by, 1 from ops.occupation_proposal as promoted
where state = 'promoted' and not exists (select from ops.occupation_successor as known where known.code = promoted.code);

-- every step of a proposal, and who took it; rows are only ever added
create table if not exists ops.occupation_decision (
    decision_id bigint generated always as identity primary key,
    code text not null references ops.occupation_proposal,
    from_state text,
    to_state text not null,
    actor text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp()
);

-- Occupation codes as senders gave them, and the code of VSCO 2020 that each stands for; null where it stands for none.
create table if not exists ops.sent_code (
    sent_code text primary key,
    occupation_code text,
    level integer,
    note text
);

-- every step of a pair of pseudonyms that may be one person, and who took it; rows are only ever added
create table if not exists ops.person_link (
    link_id bigint generated always as identity primary key,
    alias_key text not null,
    person_key text not null,
    method text not null,
    score numeric not null,
    state text not null check (state in ('proposed', 'linked', 'confirmed', 'refused', 'withdrawn')),
    decided_by text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp(),
    check (alias_key <> person_key)
);
create index if not exists person_link_pair on ops.person_link (alias_key, person_key, link_id);

-- what of it is in force: a pseudonym, and the person that it stands for
create table if not exists ops.person_identity (
    alias_key text primary key,
    person_key text not null,
    method text not null,
    score numeric not null,
    state text not null
);

-- whether what was counted is what somebody stated: as exactly as it was written, or within a tenth where it was said to be about so
create or replace function ops.agrees(counted numeric, stated numeric, bound text, step numeric) returns boolean
language sql immutable
return case bound
    when 'at_least' then counted >= stated
    when 'at_most' then counted <= stated
    when 'about' then abs(counted - stated) <= 0.1 * abs(stated)
    else abs(counted - stated) <= step / 2
end;

-- figures as somebody stated them, beside what is counted here: which cell of bi.indicator, and which part of it, they speak of
create table if not exists ops.stated_figure (
    stated_id bigint generated always as identity primary key,
    metric text not null,
    period_kind text not null,
    period text not null,
    area_mode text not null,
    area_code text not null,
    breakdown text not null,
    part text not null check (part in ('numerator', 'denominator', 'value')),
    as_written text not null,
    value numeric not null,
    bound text not null check (bound in ('exact', 'at_least', 'at_most', 'about')),
    step numeric not null,
    stated_by text not null,
    stated_on date not null,
    source text not null,
    recorded_by text not null,
    recorded_at timestamptz not null default clock_timestamp()
);

create table if not exists ops.reconcile_finding (
    found_at timestamptz not null default clock_timestamp(),
    kind text not null,
    feed text,
    sender_code text,
    period text,
    batch_id bigint,
    detail text not null
);

create table if not exists ops.setting (
    name text primary key,
    value text not null,
    set_at timestamptz not null default clock_timestamp()
);

create table if not exists vault.person (
    person_key text primary key,
    person_method text not null,
    national_id text,
    full_name text,
    birth_date date,
    phone text,
    first_batch_id bigint not null references ops.batch,
    last_batch_id bigint not null references ops.batch,
    last_seen_at timestamptz not null default clock_timestamp()
);

create table if not exists vault.employer_contact (
    sender_code text not null,
    employer_no text not null,
    contact_name text,
    contact_phone text,
    contact_email text,
    last_batch_id bigint not null references ops.batch,
    primary key (sender_code, employer_no)
);

create table if not exists vault.erased_person (
    person_key text primary key,
    erased_at timestamptz not null default clock_timestamp(),
    erased_by text not null,
    reason text not null
);

grant insert on ops.audit_result to auditor;
grant select, insert, update, delete on ops.build_scope, ops.build, ops.dbt_run_result, ops.title_coding, ops.sent_code, ops.setting to transformer;
grant maintain on ops.build_scope, ops.title_coding to transformer;
grant insert, update (built_at) on ops.outbox to transformer;
grant insert on ops.person_link to transformer, steward;
grant insert, delete on ops.person_identity to transformer;
-- what was proposed, by whom and on which evidence, stays as it was said
revoke update on ops.occupation_proposal from steward;
grant insert, update (state, steward, valid_from, valid_to, replaced_by) on ops.occupation_proposal to steward;
grant insert, update on ops.title_correction to steward;
grant insert on ops.occupation_decision, ops.occupation_successor, ops.stated_figure to steward;
grant insert on vault.erased_person to dpo;
