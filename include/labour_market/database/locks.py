"""The advisory locks of the warehouse. Each name is written here once; PostgreSQL keys a lock by the hash of its name."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.pq import TransactionStatus

PROVISION = "lmw.provision"
BUILD = "lmw.build"
SILENT_SECONDS = 1800.0  # longer than the audit of all deliveries of a feed, in which a load says nothing


def feed_load(feed: str) -> str:
    """One load of a feed at a time."""
    return f"lmw.load:{feed}"


def partition_publish(feed: str, sender_code: str, period: str) -> str:
    """One publication of a partition of core at a time."""
    return f"lmw.publish:{feed}:{sender_code}:{period}"


@contextmanager
def session_lock(connection: psycopg.Connection, name: str) -> Iterator[None]:
    """Wait for a lock as long as another session holds it, and hold it until the block ends; the end of the session releases it as well."""
    limit = connection.execute("show lock_timeout").fetchone()  # the limit of the role is for tables
    connection.execute("set lock_timeout = 0")
    try:
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
    finally:
        if limit and connection.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
            connection.execute("select set_config('lock_timeout', %s, false)", limit)
    try:
        yield
    finally:
        # an interrupted statement may still run, and the error of an unlock would hide the first one
        if connection.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def end_when_silent(connection: psycopg.Connection, seconds: float = SILENT_SECONDS) -> None:
    """Let the server end a session, and so release its locks, when its process says nothing for so long: it was stopped, or hangs.

    Neither an idle session nor one statement, such as a COPY whose rows do not arrive, may take longer.
    """
    for name in ("idle_session_timeout", "idle_in_transaction_session_timeout", "statement_timeout"):
        connection.execute("select set_config(%s, %s, false)", [name, f"{seconds * 1000:.0f}"])


def transaction_lock(connection: psycopg.Connection, name: str) -> None:
    """Wait for a lock and hold it until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
