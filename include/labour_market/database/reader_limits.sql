-- The limits of readers' sessions: bi_reader, steward, dpo. Run by the administrator after access.sql; it may be run again.
-- A reader may set all but the last two otherwise, in a session or for the role. So this is run again every few minutes, and sessions
-- beyond these limits are ended: labour_market.database.readers.

do $$
declare
    reader name;
    other name;
begin
    for reader, other in
        select pg_roles.rolname, pg_database.datname
        from pg_db_role_setting
        inner join pg_roles on pg_roles.oid = pg_db_role_setting.setrole
        inner join pg_database on pg_database.oid = pg_db_role_setting.setdatabase
        where pg_roles.rolname in ('bi_reader', 'steward', 'dpo')
    loop
        execute format('alter role %I in database %I reset all', reader, other);
    end loop;
end $$;

alter role bi_reader reset all;
alter role bi_reader set default_transaction_read_only = on;
alter role bi_reader set search_path = bi;
alter role bi_reader set statement_timeout = '30s';
alter role bi_reader set idle_in_transaction_session_timeout = '60s';
alter role bi_reader set transaction_timeout = '5min';
alter role bi_reader set idle_session_timeout = '1h';
alter role bi_reader connection limit 40;

alter role steward reset all;
alter role steward set statement_timeout = '5min';
alter role steward set idle_in_transaction_session_timeout = '60s';
alter role steward set transaction_timeout = '10min';
alter role steward set idle_session_timeout = '1h';
alter role steward set lock_timeout = '30s';
alter role steward connection limit 20;

alter role dpo reset all;
alter role dpo set statement_timeout = '5min';
alter role dpo set idle_in_transaction_session_timeout = '60s';
alter role dpo set transaction_timeout = '10min';
alter role dpo set idle_session_timeout = '1h';
alter role dpo set lock_timeout = '30s';
alter role dpo connection limit 10;

-- only a superuser may set this one, and only a superuser lifts it
do $$
begin
    if (select rolsuper from pg_roles where rolname = current_user) then
        alter role bi_reader set temp_file_limit = '1GB';
        alter role steward set temp_file_limit = '1GB';
        alter role dpo set temp_file_limit = '1GB';
    end if;
end $$;
