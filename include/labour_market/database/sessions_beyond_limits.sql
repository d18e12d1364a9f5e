-- Ends each session of a reader that is beyond a limit of its role, whatever the session has set; gives its role, process and what it was.
with limits as (
    select
        pg_roles.rolname as reader,
        max(option.option_value::interval) filter (where option.option_name = 'statement_timeout') as statement_limit,
        max(option.option_value::interval) filter (where option.option_name = 'transaction_timeout') as transaction_limit,
        max(option.option_value::interval) filter (where option.option_name = 'idle_in_transaction_session_timeout')
            as idle_in_transaction_limit,
        max(option.option_value::interval) filter (where option.option_name = 'idle_session_timeout') as idle_limit
    from pg_db_role_setting
    inner join pg_roles on pg_db_role_setting.setrole = pg_roles.oid
    cross join lateral pg_options_to_table(pg_db_role_setting.setconfig) as option
    where pg_db_role_setting.setdatabase = 0 and option.option_name like '%%timeout'
        and (pg_roles.rolname = any(%(readers)s) or pg_roles.rolname ~ '^analyst_[0-9]{3}$')
    group by pg_roles.rolname
),

sessions as (
    select
        limits.reader,
        session.pid,
        case
            when session.state = 'active' and clock_timestamp() - session.query_start > limits.statement_limit then 'statement'
            when clock_timestamp() - session.xact_start > limits.transaction_limit then 'transaction'
            when session.state like 'idle in transaction%%'
                and clock_timestamp() - session.state_change > limits.idle_in_transaction_limit then 'idle in transaction'
            when session.state = 'idle' and clock_timestamp() - session.state_change > limits.idle_limit then 'idle'
        end as beyond
    from pg_stat_activity as session
    inner join limits on session.usename = limits.reader
    where session.datname = current_database()
)

select reader, pid, beyond
from sessions
where beyond is not null and pg_terminate_backend(pid)
order by reader, pid
