"""Changes of the schema wait for a lock for a short time only, and try again: readers that queue behind the wait are soon served."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from labour_market.database.connections import with_options
from labour_market.errors import LabourMarketError

LOCK_TIMEOUT = "900ms"  # below deadlock_timeout (1 s), so that in a deadlock PostgreSQL never ends the reader
PAUSE_SECONDS = (0.5, 3.0)
PATIENCE_SECONDS = 180.0
T = TypeVar("T")


class SchemaLockedError(LabourMarketError):
    """Other sessions held locks on the tables that had to change until the patience was over."""


def with_lock_timeout(login: str) -> str:
    """A DSN for sessions that change the schema."""
    return with_options(login, f"-c lock_timeout={LOCK_TIMEOUT}")


def retry_on_lock_timeout(admin: psycopg.Connection, work: Callable[[], T]) -> T:
    """Call work, which undoes itself when it fails, until no lock stops it.

    Raises:
        SchemaLockedError: locks stopped it for PATIENCE_SECONDS; the message names the sessions that hold them.
    """
    attempts = Retrying(
        retry=retry_if_exception(_is_lock_failure), stop=stop_after_delay(PATIENCE_SECONDS), wait=wait_random(*PAUSE_SECONDS), reraise=True
    )
    try:
        return attempts(work)
    except Exception as error:
        if not _is_lock_failure(error):
            raise
        raise SchemaLockedError(
            f"the schema could not be changed for {PATIENCE_SECONDS:.0f} s, because other sessions use its tables: {_holders(admin)};"
            " stop them, or wait for them, and start again: nothing is half done"
        ) from error


def _is_lock_failure(error: BaseException) -> bool:
    """SQLAlchemy keeps the driver's error in orig."""
    return isinstance(getattr(error, "orig", error), LockNotAvailable | DeadlockDetected)


def _holders(admin: psycopg.Connection) -> str:
    rows = admin.execute(
        "select distinct format('%s (pid %s, %s)', coalesce(nullif(application_name, ''), 'no name'), pid, usename)"
        " from pg_locks join pg_stat_activity using (pid) join pg_class on pg_class.oid = relation "
        " join pg_namespace on pg_namespace.oid = relnamespace"
        " where granted and pid <> pg_backend_pid() and datname = current_database() and nspname !~ '^(pg_|information_schema)' order by 1"
    ).fetchall()
    return ", ".join(name for (name,) in rows) or "none any more"
