-- Schemas, their owners and who may read what. Run as the administrator in the database `warehouse`; may be run again at any time.
-- The matrix is ARCHITECTURE's: direct identifiers live in stage and vault alone, BI reads `bi` alone.

revoke all on schema public from public;
revoke all on database {database} from public;
grant connect, temporary on database {database} to loader, auditor, transformer, steward, dpo;
grant connect on database {database} to bi_reader;
grant create on database {database} to transformer;

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
create schema if not exists marts_build authorization transformer;
create schema if not exists marts authorization transformer;
create schema if not exists indicators authorization transformer;
create schema if not exists vintages authorization transformer;
create schema if not exists bi authorization transformer;

-- vintages stood among the marts once; what was told must not be lost with a move
do $$
begin
    if to_regclass('marts.fct_report_indicator') is not null and to_regclass('vintages.fct_report_indicator') is null then
        alter table marts.fct_report_indicator set schema vintages;
    end if;
end $$;

-- the auditor judges what is staged against the reference lists and what is already known
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

alter role bi_reader set default_transaction_read_only = on;
alter role bi_reader set statement_timeout = '30s';
alter role bi_reader set idle_in_transaction_session_timeout = '60s';
alter role bi_reader set search_path = bi;
alter role bi_reader connection limit 40;
alter role transformer set lock_timeout = '30s';
alter role transformer set work_mem = '64MB';
