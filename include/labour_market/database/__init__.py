"""The warehouse's database: the connections of each role, and the schema that this release needs."""

from collections.abc import Collection

import psycopg
from psycopg import conninfo, errors, sql

from labour_market.contracts import Contract
from labour_market.database import access, core_tables, migrations
from labour_market.database.access import set_password
from labour_market.database.connections import ROLES, WAREHOUSE, admin_dsn, can_log_in, connect, dsn, warehouse_database
from labour_market.database.locks import PROVISION, session_lock
from labour_market.database.sql_files import read_sql
from labour_market.errors import LabourMarketError
from labour_market.settings import Settings, load_settings

__all__ = [
    "ROLES",
    "WAREHOUSE",
    "admin_dsn",
    "can_log_in",
    "connect",
    "dsn",
    "provision",
    "read_sql",
    "require_current_schema",
    "set_password",
]


def provision(settings: Settings | None = None) -> list[str]:
    """Create the database, or bring it to the schema of this release: roles, revisions, then the tables of the contracts.

    A database that has this schema is only read. Several processes may call this at once: one works, the others wait.

    Returns:
        One line for each thing that was changed.

    Raises:
        LabourMarketError: the server is too old, the database has a newer or an unknown schema, a contract contradicts its table,
            a table of ops has a trigger, or other sessions hold locks for too long.
    """
    settings = settings or load_settings()
    database = warehouse_database(settings)
    _ensure_database(settings, database)
    login = conninfo.make_conninfo(admin_dsn(settings), dbname=database)
    with psycopg.connect(login, autocommit=True) as admin:
        if admin.info.server_version < 180000:
            raise LabourMarketError(f"PostgreSQL 18 or newer is needed; this server is {admin.info.server_version // 10000}")
        if not (migrations.pending(admin) or access.differs(admin, settings) or core_tables.differ(admin)):
            return []
        with session_lock(admin, PROVISION, silent_seconds=86_400):  # revisions run in a session of their own
            access.refuse_triggers(admin)
            migrations.pending(admin)  # an unknown or newer schema is refused before anything changes
            changes = [*access.apply(admin, settings), *migrations.upgrade(admin, login), *core_tables.apply(admin, login)]
            access.record(admin)
            return changes


def require_current_schema(connection: psycopg.Connection, contracts: Collection[Contract] = ()) -> None:
    """Check that the database has the schema of this release, and that core agrees with these contracts. Only reads.

    Raises:
        LabourMarketError: the schema is older, newer or unknown, or the table of a contract differs from it.
    """
    if lacking := migrations.pending(connection):
        raise LabourMarketError(f"the database lacks revision {lacking[0]} of the schema, which this release needs; run: lmw prepare")
    if contracts and (feeds := core_tables.differing(connection, contracts)):
        raise LabourMarketError(f"core.{', core.'.join(feeds)} differs from its contract; run: lmw prepare")


def _ensure_database(settings: Settings, database: str) -> None:
    """Create the database if it does not exist. Connects to the database `postgres` only then, since the server may refuse it."""
    try:
        psycopg.connect(admin_dsn(settings), dbname=database).close()
    except psycopg.OperationalError as error:
        if f'database "{database}" does not exist' not in str(error):
            raise
        with psycopg.connect(admin_dsn(settings), dbname="postgres", autocommit=True) as admin:
            try:
                admin.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
            except (errors.DuplicateDatabase, errors.UniqueViolation):
                return  # another process has just created it
