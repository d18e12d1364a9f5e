-- The limits of readers' sessions: bi_reader, steward, dpo and analysts. Run by the administrator after access.sql; it may be run again.
-- A reader may set all but the last one otherwise, in a session or for the role. So this is run again every few minutes, and sessions
-- beyond these limits are ended: labour_market.database.readers.

do $$
declare
    own record;
    limits record;
begin
    for own in
        select pg_roles.rolname, pg_database.datname
        from pg_db_role_setting
        inner join pg_roles on pg_roles.oid = pg_db_role_setting.setrole
        inner join pg_database on pg_database.oid = pg_db_role_setting.setdatabase
        where pg_roles.rolname in ('bi_reader', 'steward', 'dpo') or pg_roles.rolname ~ '^analyst(_[0-9]{3})?$'
    loop
        execute format('alter role %I in database %I reset all', own.rolname, own.datname);
    end loop;
    for limits in
        select * from (
            values
            ('bi_reader', '30s', '5min', 40),
            ('steward', '5min', '10min', 20),
            ('dpo', '5min', '10min', 10)
        ) as listed (reader, statement_limit, transaction_limit, connections)
        union all
        select
            rolname,
            '5min',
            '10min',
            10
        from pg_roles where rolname ~ '^analyst(_[0-9]{3})?$'
    loop
        execute format('alter role %I reset all', limits.reader);
        execute format('alter role %I set statement_timeout = %L', limits.reader, limits.statement_limit);
        execute format('alter role %I set transaction_timeout = %L', limits.reader, limits.transaction_limit);
        execute format('alter role %I set idle_in_transaction_session_timeout = %L', limits.reader, '60s');
        execute format('alter role %I set idle_session_timeout = %L', limits.reader, '1h');
        execute format('alter role %I set lock_timeout = %L', limits.reader, '30s');
        execute format('alter role %I connection limit %s', limits.reader, limits.connections);
        if (select rolsuper from pg_roles where rolname = current_user) then -- only a superuser may set this one, and only a superuser lifts it
            execute format('alter role %I set temp_file_limit = %L', limits.reader, '1GB');
            if limits.reader like 'analyst%' then -- the access of analysts to rows of persons is logged by the server, and only a superuser lifts that
                execute format('alter role %I set log_statement = %L', limits.reader, 'all');
            end if;
        end if;
        if limits.reader like 'analyst%' then
            execute format('alter role %I set default_transaction_read_only = on', limits.reader);
            execute format('alter role %I set search_path = analysis, bi', limits.reader);
        end if;
    end loop;
end $$;

alter role bi_reader set default_transaction_read_only = on;
alter role bi_reader set search_path = bi;
