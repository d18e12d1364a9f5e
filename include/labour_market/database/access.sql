-- Roles, schemas, their owners and who may read them. Run by the administrator in the warehouse's database; it may be run again.
-- Direct identifiers are only in stage and vault. BI tools read only bi. Rights on single tables are granted by the revision that makes them.
-- Readers are the roles of persons and BI tools: bi_reader, analyst, steward, dpo. The others are programs of the warehouse. An analyst of one district
-- has the role analyst_<code>, which `lmw analyst add` creates: a login exists only where there is a licence.

do $$
declare
    missing text;
    district_analyst name;
begin
    for missing in
        select name from unnest(array['loader', 'auditor', 'transformer', 'steward', 'dpo', 'analyst', 'bi_reader']) as name
        where not exists (select from pg_roles where rolname = name)
    loop
        execute format('create role %I login', missing);
    end loop;
    execute format('revoke all on database %I from public', current_database());
    execute format('revoke all on database %I from loader, auditor, transformer, steward, dpo, analyst, bi_reader', current_database());
    execute format('grant connect, temporary on database %I to loader, auditor, transformer', current_database());
    execute format('grant connect on database %I to steward, dpo, analyst, bi_reader', current_database());
    for district_analyst in select rolname from pg_roles where rolname ~ '^analyst_[0-9]{3}$'
    loop
        execute format('revoke all on database %I from %I', current_database(), district_analyst);
        execute format('grant connect on database %I to %I', current_database(), district_analyst);
    end loop;
    execute format('grant create on database %I to transformer', current_database());
end $$;

-- What PostgreSQL allows everybody and no reader needs. These are rights of the server, so an administrator who is no superuser cannot
-- revoke them: docs/operations.md.
do $$
declare
    revoked regprocedure;
    maintenance name;
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        return;
    end if;
    for revoked in
        select oid from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace
            and (
                proname ~ '^pg_(try_)?advisory_' -- a reader could hold the locks of loads and builds
                or proname ~ '^lo_' or proname in ('loread', 'lowrite') -- a reader could fill the disk with large objects
                or proname in ('pg_logical_emit_message', 'pg_export_snapshot', 'pg_notify') -- files and queues of the server
                or proname in ('pg_cancel_backend', 'pg_terminate_backend') -- all persons of one role could end the sessions of others
            )
    loop
        execute format('revoke execute on function %s from public', revoked);
    end loop;
    for revoked in
        select oid from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace
            and (proname ~ '^pg_(try_)?advisory_' or proname = 'pg_terminate_backend') -- the latter: of a stopped load (locks.py)
    loop
        execute format('grant execute on function %s to loader, auditor, transformer', revoked);
    end loop;
    for maintenance in select datname from pg_database where datname in ('postgres', 'template1') and datname <> current_database()
    loop
        execute format('revoke connect, temporary on database %I from public', maintenance);
    end loop;
end $$;

revoke all on schema public from public;
create extension if not exists unaccent with schema public;
create extension if not exists pg_trgm with schema public;
grant usage on schema public to loader, auditor, transformer, steward;

create schema if not exists ops authorization loader;
create schema if not exists stage authorization loader;
create schema if not exists core authorization loader;
create schema if not exists vault authorization loader;
create schema if not exists quarantine authorization auditor;
create schema if not exists reference authorization transformer;
create schema if not exists staging authorization transformer;
create schema if not exists intermediate authorization transformer;
create schema if not exists marts authorization transformer;
create schema if not exists indicators authorization transformer;
create schema if not exists vintages authorization transformer;
create schema if not exists bi authorization transformer;
create schema if not exists analysis authorization transformer;

-- the auditor compares staged rows with the reference lists and with core
grant usage on schema ops, stage, core, reference to auditor;
grant usage on schema reference, quarantine to loader;
grant usage on schema ops, core, quarantine to transformer;
grant usage on schema ops, quarantine, reference, marts, indicators, vintages, bi to steward;
grant usage on schema ops, vault to dpo;
grant usage on schema bi to bi_reader;

alter default privileges for role loader in schema ops grant select on tables to auditor, transformer, steward, dpo;
alter default privileges for role loader in schema stage grant select on tables to auditor;
alter default privileges for role loader in schema core grant select on tables to auditor, transformer;
alter default privileges for role loader in schema vault grant select, delete on tables to dpo;
alter default privileges for role auditor in schema quarantine grant select on tables to loader, transformer, steward;
alter default privileges for role transformer in schema reference grant select on tables to auditor, loader, steward;
alter default privileges for role transformer in schema marts grant select on tables to steward;
alter default privileges for role transformer in schema indicators grant select on tables to steward;
alter default privileges for role transformer in schema vintages grant select on tables to steward;
alter default privileges for role transformer in schema bi grant select on tables to bi_reader, steward;

-- Analysts read bi and the pseudonymous rows of analysis, and nothing below: a role that could read marts would find the keys there that other deliveries have.
do $$
declare
    reader name;
    relation regclass;
begin
    for reader in select rolname from pg_roles where rolname ~ '^analyst(_[0-9]{3})?$'
    loop
        execute format('grant usage on schema bi, analysis to %I', reader);
        execute format('alter default privileges for role transformer in schema bi, analysis grant select on tables to %I', reader);
        for relation in
            select oid from pg_class
            where relnamespace in ('bi'::regnamespace, 'analysis'::regnamespace) and relkind in ('r', 'v')
                and relowner = 'transformer'::regrole
        loop
            execute format('grant select on %s to %I', relation, reader);
        end loop;
    end loop;
end $$;

-- no session waits for a table for ever; a wait for a load or a build is an advisory lock, which has no limit (locks.py)
alter role loader set lock_timeout = '30s';
alter role auditor set lock_timeout = '30s';
alter role transformer set lock_timeout = '30s';
alter role transformer set work_mem = '64MB';
-- a build of a long history: its tables are in memory, and the scope is joined before the other relations of a fact
alter role transformer set random_page_cost = 1.1;
alter role transformer set join_collapse_limit = 11;
alter role transformer set from_collapse_limit = 11;
