-- End the sessions of this role that hold locks on the stage tables of a feed, or wait for them.
with holders as (
    select distinct pg_locks.pid
    from pg_locks
    inner join pg_class on pg_locks.relation = pg_class.oid
    inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
    where pg_locks.database = (select oid from pg_database where datname = current_database())
        and pg_namespace.nspname = 'stage'
        and starts_with(pg_class.relname, %(prefix)s)
)

select pg_terminate_backend(holders.pid)
from holders
inner join pg_stat_activity using (pid)
where pg_stat_activity.usename = current_user and holders.pid <> pg_backend_pid()
