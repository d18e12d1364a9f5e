-- Rows that a rule kept out of core, each with its rule and its place in the delivery. Run as the role `auditor`.

create table if not exists quarantine.rejected_row (
    batch_id bigint not null,
    row_no integer not null,
    rule_id text not null,
    feed text not null,
    sender_code text not null,
    period text not null,
    action text not null check (action in ('quarantine', 'normalise')),
    column_name text not null default '',
    value_class text not null default '',
    status text not null default 'open' check (status in ('open', 'released', 'closed', 'superseded')),
    recorded_at timestamptz not null default clock_timestamp(),
    decided_by text,
    decided_at timestamptz,
    decision_reason text,
    primary key (batch_id, row_no, rule_id, column_name)
);
create index if not exists rejected_row_open on quarantine.rejected_row (feed, sender_code, period) where status = 'open';

grant insert, update, delete on quarantine.rejected_row to loader;
grant update (status, decided_by, decided_at, decision_reason) on quarantine.rejected_row to steward;
