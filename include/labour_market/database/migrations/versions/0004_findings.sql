set role loader;

-- a finding is open until its cause is gone (closed_at alone) or a person closes it
alter table ops.reconcile_finding
    add column finding_id bigint generated always as identity primary key,
    add column closed_at timestamptz,
    add column closed_by text,
    add column close_reason text;
