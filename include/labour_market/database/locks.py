"""The advisory locks of the warehouse. Each name is written here once; PostgreSQL keys a lock by the hash of its name."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.pq import TransactionStatus

PROVISION = "lmw.provision"
BUILD = "lmw.build"


def feed_load(feed: str) -> str:
    """One load of a feed at a time."""
    return f"lmw.load:{feed}"


def partition_publish(feed: str, sender_code: str, period: str) -> str:
    """One publication of a partition of core at a time."""
    return f"lmw.publish:{feed}:{sender_code}:{period}"


@contextmanager
def session_lock(connection: psycopg.Connection, name: str) -> Iterator[None]:
    """Wait for a lock and hold it until the block ends; the end of the session releases it as well."""
    connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
    try:
        yield
    finally:
        # an interrupted statement may still run, and the error of an unlock would hide the first one
        if connection.info.transaction_status in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def transaction_lock(connection: psycopg.Connection, name: str) -> None:
    """Wait for a lock and hold it until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
