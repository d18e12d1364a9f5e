"""The advisory locks of the warehouse. Each name is written here once; PostgreSQL keys a lock by the hash of its name."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.pq import TransactionStatus

PROVISION = "lmw.provision"
BUILD = "lmw.build"
ALERTS = "lmw.alerts"
SILENT_SECONDS = 1800.0  # longer than the audit of all deliveries of a feed, in which a load sends nothing
LOOK_EVERY_SECONDS = 10.0
# also a COPY whose rows do not arrive, which no timeout of the server ends
END_SILENT_HOLDER = """
select pid, pg_terminate_backend(pid) from pg_locks inner join pg_stat_activity using (pid)
where locktype = 'advisory' and granted and pg_locks.database = (select oid from pg_database where datname = current_database())
    and ((classid::bigint << 32) | objid::bigint) = hashtextextended(%s, 0) and objsubid = 1
    and wait_event = 'ClientRead' and state_change < clock_timestamp() - make_interval(secs => %s)
"""
LOG = logging.getLogger(__name__)


def feed_load(feed: str) -> str:
    """One load of a feed at a time."""
    return f"lmw.load:{feed}"


def partition_publish(feed: str, sender_code: str, period: str) -> str:
    """One publication of a partition of core at a time.

    Args:
        feed: The feed.
        sender_code: The sender.
        period: The period, as the ledger has it.
    """
    return f"lmw.publish:{feed}:{sender_code}:{period}"


@contextmanager
def session_lock(connection: psycopg.Connection, name: str, silent_seconds: float | None = None) -> Iterator[None]:
    """Wait for a lock as long as its holder works, and hold it until the block ends; the end of the session releases it as well.

    A holder whose process has sent nothing to its session for silent_seconds was stopped, or hangs: its session is ended. What
    it was doing is undone by the server, and its process fails when it goes on.

    Args:
        connection: In autocommit mode.
        name: The lock.
        silent_seconds: Longer than a holder that works is ever silent. Default: SILENT_SECONDS.
    """
    limit = connection.execute("show lock_timeout").fetchone()  # the limit of the role is for tables
    try:
        connection.execute("select set_config('lock_timeout', %s, false)", [f"{LOOK_EVERY_SECONDS * 1000:.0f}"])
        while not _locked(connection, name):
            for pid, _ in connection.execute(END_SILENT_HOLDER, [name, silent_seconds or SILENT_SECONDS]):
                LOG.warning("session ended: lock=%s pid=%s, its process was silent for too long", name, pid)
    finally:
        if limit and connection.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
            connection.execute("select set_config('lock_timeout', %s, false)", limit)
    try:
        yield
    finally:
        # an interrupted statement may still run, and the error of an unlock would hide the first one
        if connection.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def _locked(connection: psycopg.Connection, name: str) -> bool:
    """Wait for a lock for LOOK_EVERY_SECONDS; returns whether it was got."""
    try:
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def transaction_lock(connection: psycopg.Connection, name: str) -> None:
    """Wait for a lock and hold it until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
