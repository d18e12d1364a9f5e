-- Tables, indexes, functions and grants of the last release without migrations. access.sql creates the schemas and roles before.
-- The comments of core are written from the contracts, where they differ.

set role loader;

create table ops.batch (
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
    declared_totals jsonb not null default '{}', -- as typed
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
    -- the totals as they are read, {"attendees": {"value": 1500, "bound": "at_least", "step": 1}}, and the same counted from the rows
    stated_totals jsonb not null default '{}',
    counted_totals jsonb not null default '{}',
    unique (sender_code, delivery_id)
);
create index batch_partition on ops.batch (feed, sender_code, period, sequence);
create index batch_open on ops.batch (feed, state) where state in ('discovered', 'landed', 'staged', 'audited');

create table ops.batch_event (
    event_id bigint generated always as identity primary key,
    batch_id bigint not null references ops.batch,
    attempt integer not null,
    from_state text,
    to_state text not null,
    actor text not null,
    detail jsonb not null default '{}',
    at timestamptz not null default clock_timestamp()
);
create index batch_event_batch on ops.batch_event (batch_id);

create table ops.audit_result (
    batch_id bigint not null references ops.batch,
    attempt integer not null,
    rule_id text not null,
    level text not null,
    action text not null,
    expectation text not null,
    checked bigint not null,
    failed bigint not null,
    verdict text not null check (verdict in ('pass', 'normalise', 'warn', 'quarantine', 'block')),
    first_rows integer[] not null default '{}',
    at timestamptz not null default clock_timestamp(),
    primary key (batch_id, attempt, rule_id)
);

-- one row for each change of a partition of core; a build processes the rows that are not built yet
create table ops.outbox (
    event_id bigint generated always as identity primary key,
    batch_id bigint not null references ops.batch,
    feed text not null,
    sender_code text not null,
    period text not null,
    created_at timestamptz not null default clock_timestamp(),
    built_at timestamptz
);
create index outbox_pending on ops.outbox (event_id) where built_at is null;

create table ops.build_scope (
    feed text not null,
    sender_code text not null,
    period text not null,
    primary key (feed, sender_code, period)
);

create table ops.build (
    build_id bigint generated always as identity primary key,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    up_to_event bigint not null,
    partitions integer not null,
    succeeded boolean,
    detail text
);

create table ops.dbt_run_result (
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

-- a title is coded once for each context, i.e. what else the record states: '', 'status:employee', 'industry:0121'
create table ops.title_coding (
    title_key text not null,
    title text not null,
    occupation_code text,
    level integer,
    method text not null,
    score numeric not null,
    coder_version text not null,
    first_seen date,
    last_seen date,
    seen_count bigint not null,
    detail_code text,
    context text not null default ''
);
create unique index title_coding_key on ops.title_coding (title_key, context);

-- occupation codes of titles by stewards: the latest one goes before the coder's; rows are only added
create table ops.title_correction (
    correction_id bigint generated always as identity primary key,
    title text not null,
    occupation_code text not null,
    reason text not null,
    corrected_by text not null,
    corrected_at timestamptz not null default clock_timestamp()
);

-- provisional codes of trades that the classification does not have: <parent>-Lnn under an official code
create table ops.occupation_proposal (
    code text primary key check (code ~ '^[0-9]{4,5}-L[0-9]{2}$'),
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

-- the official codes that replace a promoted one, with the share of each
create table ops.occupation_successor (
    code text not null references ops.occupation_proposal,
    official_code text not null,
    weight numeric not null check (weight > 0 and weight <= 1),
    primary key (code, official_code)
);

-- each decision on a proposal and its actor; rows are only added
create table ops.occupation_decision (
    decision_id bigint generated always as identity primary key,
    code text not null references ops.occupation_proposal,
    from_state text,
    to_state text not null,
    actor text not null,
    reason text not null,
    at timestamptz not null default clock_timestamp()
);

-- occupation codes as sent, and the code of VSCO 2020 of each; null where there is none
create table ops.sent_code (
    sent_code text primary key,
    occupation_code text,
    level integer,
    note text
);

-- each decision on a pair of pseudonyms that may be one person, and its actor; rows are only added
create table ops.person_link (
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
create index person_link_pair on ops.person_link (alias_key, person_key, link_id);

-- the links in force: a pseudonym and its person
create table ops.person_identity (
    alias_key text primary key,
    person_key text not null,
    method text not null,
    score numeric not null,
    state text not null
);

-- whether a counted figure agrees with a stated one: to the precision of the stated one, or within a tenth of an approximate one
create function ops.agrees(counted numeric, stated numeric, bound text, step numeric) returns boolean
language sql immutable
return case bound
    when 'at_least' then counted >= stated
    when 'at_most' then counted <= stated
    when 'about' then abs(counted - stated) <= 0.1 * abs(stated)
    else abs(counted - stated) <= step / 2
end;

-- reported or printed figures, each with its cell of bi.indicator and the part of the cell
create table ops.stated_figure (
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

create table ops.reconcile_finding (
    found_at timestamptz not null default clock_timestamp(),
    kind text not null,
    feed text,
    sender_code text,
    period text,
    batch_id bigint,
    detail text not null
);

create table ops.setting (
    name text primary key,
    value text not null,
    set_at timestamptz not null default clock_timestamp()
);

create table vault.person (
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

create table vault.employer_contact (
    sender_code text not null,
    employer_no text not null,
    contact_name text,
    contact_phone text,
    contact_email text,
    last_batch_id bigint not null references ops.batch,
    primary key (sender_code, employer_no)
);

create table vault.erased_person (
    person_key text primary key,
    erased_at timestamptz not null default clock_timestamp(),
    erased_by text not null,
    reason text not null
);

create table core.budget_movements (
    batch_id bigint not null,
    row_no integer not null,
    sender_code text not null,
    period text not null,
    sequence integer not null,
    valid_from date not null,
    valid_to date not null,
    recorded_from timestamptz not null,
    recorded_to timestamptz not null default 'infinity',
    movement_no text,
    unit_code text,
    movement text,
    budget_year bigint,
    fund_year bigint,
    fund_type text,
    fund_source text,
    activity text,
    amount_vnd bigint,
    moved_on date,
    treasury_ref text
);
create unique index budget_movements_current on core.budget_movements (sender_code, unit_code, movement_no) nulls not distinct where recorded_to = 'infinity';
create index budget_movements_partition on core.budget_movements (sender_code, period, recorded_to);
create index budget_movements_batch on core.budget_movements (batch_id);

create table core.employers (
    batch_id bigint not null,
    row_no integer not null,
    sender_code text not null,
    period text not null,
    sequence integer not null,
    valid_from date not null,
    valid_to date not null,
    recorded_from timestamptz not null,
    recorded_to timestamptz not null default 'infinity',
    employer_no text,
    tax_code text,
    name text,
    employer_type text,
    vsic_code text,
    size_band text,
    headcount bigint,
    headcount_female bigint,
    commune_code text,
    industrial_zone text,
    planned_hires_6m bigint,
    demand_grid jsonb,
    surveyed_on date,
    tax_code_kind text
);
create unique index employers_current on core.employers (sender_code, period, employer_no) nulls not distinct where recorded_to = 'infinity';
create index employers_partition on core.employers (sender_code, period, recorded_to);
create index employers_batch on core.employers (batch_id);

create table core.fair_attendance (
    batch_id bigint not null,
    row_no integer not null,
    sender_code text not null,
    period text not null,
    sequence integer not null,
    valid_from date not null,
    valid_to date not null,
    recorded_from timestamptz not null,
    recorded_to timestamptz not null default 'infinity',
    attendance_no text,
    session_no text,
    birth_date date,
    sex text,
    commune_code text,
    priority_groups text[],
    wanted_job_text text,
    counselled boolean,
    employer_no text,
    order_no text,
    interviewed boolean,
    interview_result text,
    offered boolean,
    accepted boolean,
    start_date date,
    person_key text,
    person_method text,
    birth_precision text,
    match_key text
);
create unique index fair_attendance_current on core.fair_attendance (sender_code, period, session_no, attendance_no) nulls not distinct where recorded_to = 'infinity';
create index fair_attendance_partition on core.fair_attendance (sender_code, period, recorded_to);
create index fair_attendance_batch on core.fair_attendance (batch_id);

create table core.fair_sessions (
    batch_id bigint not null,
    row_no integer not null,
    sender_code text not null,
    period text not null,
    sequence integer not null,
    valid_from date not null,
    valid_to date not null,
    recorded_from timestamptz not null,
    recorded_to timestamptz not null default 'infinity',
    session_no text,
    name text,
    kind text,
    held_on date,
    commune_code text,
    fund text,
    fund_share_pct bigint,
    cost_planned_vnd bigint,
    cost_settled_vnd bigint,
    employers_declared bigint,
    attendees_declared bigint
);
create unique index fair_sessions_current on core.fair_sessions (sender_code, period, session_no, fund) nulls not distinct where recorded_to = 'infinity';
create index fair_sessions_partition on core.fair_sessions (sender_code, period, recorded_to);
create index fair_sessions_batch on core.fair_sessions (batch_id);

create table core.job_orders (
    batch_id bigint not null,
    row_no integer not null,
    sender_code text not null,
    period text not null,
    sequence integer not null,
    valid_from date not null,
    valid_to date not null,
    recorded_from timestamptz not null,
    recorded_to timestamptz not null default 'infinity',
    order_no text,
    employer_no text,
    title text,
    occupation_code text,
    openings bigint,
    openings_female bigint,
    wage_min_vnd bigint,
    wage_max_vnd bigint,
    wage_text text,
    contract_type text,
    work_time text,
    education_level text,
    qualification text,
    commune_code text,
    priority_groups text[],
    posted_on date,
    deadline date,
    closed_on date,
    close_reason text
);
create unique index job_orders_current on core.job_orders (sender_code, order_no) nulls not distinct where recorded_to = 'infinity';
create index job_orders_partition on core.job_orders (sender_code, period, recorded_to);
create index job_orders_batch on core.job_orders (batch_id);

create table core.labour_survey (
    batch_id bigint not null,
    row_no integer not null,
    sender_code text not null,
    period text not null,
    sequence integer not null,
    valid_from date not null,
    valid_to date not null,
    recorded_from timestamptz not null,
    recorded_to timestamptz not null default 'infinity',
    form_no text,
    birth_date date,
    sex text,
    commune_code text,
    registered_commune_code text,
    area_type text,
    household_no text,
    priority_groups text[],
    ethnicity text,
    education_level text,
    qualification text,
    training_field text,
    activity_status text,
    inactive_reason text,
    employment_status text,
    job_text text,
    workplace text,
    worked_before boolean,
    unemployed_duration text,
    wants_job boolean,
    wanted_job_text text,
    surveyed_on date,
    enumerator text,
    person_key text,
    person_method text,
    birth_precision text,
    match_key text
);
create unique index labour_survey_current on core.labour_survey (sender_code, period, form_no) nulls not distinct where recorded_to = 'infinity';
create index labour_survey_partition on core.labour_survey (sender_code, period, recorded_to);
create index labour_survey_batch on core.labour_survey (batch_id);

create table core.placements (
    batch_id bigint not null,
    row_no integer not null,
    sender_code text not null,
    period text not null,
    sequence integer not null,
    valid_from date not null,
    valid_to date not null,
    recorded_from timestamptz not null,
    recorded_to timestamptz not null default 'infinity',
    placement_no text,
    employer_no text,
    employer_district text,
    order_no text,
    session_no text,
    channel text,
    job_text text,
    occupation_code text,
    check_kind text,
    checked_on date,
    in_job boolean,
    evidence text,
    start_date date,
    contract_type text,
    wage_vnd bigint,
    person_key text,
    person_method text
);
create unique index placements_current on core.placements (sender_code, placement_no, check_kind) nulls not distinct where recorded_to = 'infinity';
create index placements_partition on core.placements (sender_code, period, recorded_to);
create index placements_batch on core.placements (batch_id);

create table core.poverty_register (
    batch_id bigint not null,
    row_no integer not null,
    sender_code text not null,
    period text not null,
    sequence integer not null,
    valid_from date not null,
    valid_to date not null,
    recorded_from timestamptz not null,
    recorded_to timestamptz not null default 'infinity',
    household_no text,
    district_code text,
    commune_code text,
    status text,
    members bigint,
    working_age_members bigint,
    standard_version text,
    as_of_date date
);
create unique index poverty_register_current on core.poverty_register (sender_code, period, household_no) nulls not distinct where recorded_to = 'infinity';
create index poverty_register_partition on core.poverty_register (sender_code, period, recorded_to);
create index poverty_register_batch on core.poverty_register (batch_id);

create table core.programme_plans (
    batch_id bigint not null,
    row_no integer not null,
    sender_code text not null,
    period text not null,
    sequence integer not null,
    valid_from date not null,
    valid_to date not null,
    recorded_from timestamptz not null,
    recorded_to timestamptz not null default 'infinity',
    unit_code text,
    plan_year bigint,
    activity text,
    fund_type text,
    plan_status text,
    status_on date,
    decision_no text,
    target_quantity bigint,
    target_unit text,
    planned_vnd bigint
);
create unique index programme_plans_current on core.programme_plans (sender_code, unit_code, plan_year, activity, fund_type, status_on, plan_status) nulls not distinct where recorded_to = 'infinity';
create index programme_plans_partition on core.programme_plans (sender_code, period, recorded_to);
create index programme_plans_batch on core.programme_plans (batch_id);

grant insert on ops.audit_result to auditor;
grant select, insert, update, delete on ops.build_scope, ops.build, ops.dbt_run_result, ops.title_coding, ops.sent_code, ops.setting to transformer;
grant maintain on ops.build_scope, ops.title_coding to transformer;
grant insert, update (built_at) on ops.outbox to transformer;
grant insert on ops.person_link to transformer, steward;
grant insert, delete on ops.person_identity to transformer;
-- a steward decides on a proposal, and cannot change its text or evidence
grant insert, update (state, steward, valid_from, valid_to, replaced_by) on ops.occupation_proposal to steward;
grant insert, update on ops.title_correction to steward;
grant insert on ops.occupation_decision, ops.occupation_successor, ops.stated_figure to steward;
grant insert on vault.erased_person to dpo;

-- quarantined rows, each with its rule and its row number in the delivery
set role auditor;

create table quarantine.rejected_row (
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
create index rejected_row_open on quarantine.rejected_row (feed, sender_code, period) where status = 'open';

grant insert, update, delete on quarantine.rejected_row to loader;
grant update (status, decided_by, decided_at, decision_reason) on quarantine.rejected_row to steward;

reset role;
