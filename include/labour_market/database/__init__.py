"""The warehouse's database: how each role gets in, and how schemas, roles and tables are made."""

from functools import cache
from importlib.resources import files

import psycopg
from psycopg import conninfo, sql

from labour_market.contracts import load_contracts
from labour_market.database.locks import PROVISION, transaction_lock
from labour_market.database.tables import core_ddl
from labour_market.errors import LabourMarketError, UsageError
from labour_market.settings import Settings, load_settings, secret

WAREHOUSE = "warehouse"
ROLES = ("loader", "auditor", "transformer", "steward", "dpo", "bi_reader")


def admin_dsn(settings: Settings) -> str:
    """The administrator's DSN: WAREHOUSE_DSN, or the embedded server's own."""
    if settings.warehouse_dsn:
        return settings.warehouse_dsn
    return conninfo.make_conninfo(
        host="127.0.0.1",
        port=settings.pg_port,
        user="postgres",
        password=secret(settings, "postgres"),
        dbname="postgres",
    )


def dsn(role: str, settings: Settings | None = None) -> str:
    """The DSN of a role in the warehouse database. Raises UsageError for a role that does not exist."""
    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}; known: {', '.join(ROLES)}")
    settings = settings or load_settings()
    return conninfo.make_conninfo(
        admin_dsn(settings),
        user=role,
        password=secret(settings, f"role_{role}"),
        dbname=_database(settings),
        application_name=f"lmw-{role}",
    )


def connect(role: str, settings: Settings | None = None, *, autocommit: bool = False) -> psycopg.Connection:
    """An open connection of that role."""
    return psycopg.connect(dsn(role, settings), autocommit=autocommit)


@cache
def read_sql(package: str, name: str) -> sql.SQL:
    """Read the query in `<name>.sql` beside the modules of a package.

    Args:
        package: The package that the file is in; a module of it passes `__package__`.
        name: The name of the file without its ending.

    Returns:
        The query, to be executed with `%(name)s` parameters, or to be formatted first where it has `{name}` placeholders.
    """
    return sql.SQL(files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8"))


def _database(settings: Settings) -> str:
    """An own DSN names its database, unless that is the maintenance database."""
    if settings.warehouse_dsn:
        named = conninfo.conninfo_to_dict(settings.warehouse_dsn).get("dbname")
        if named and named != "postgres":
            return str(named)
    return WAREHOUSE


def provision(settings: Settings | None = None) -> None:
    """Make the database, roles, schemas, ledger and core tables, or bring older ones up to date.

    Raises psycopg.Error when the server refuses, and LabourMarketError on a server older than PostgreSQL 18.
    """
    settings = settings or load_settings()
    database = _database(settings)
    _ensure_database(settings, database)
    with psycopg.connect(admin_dsn(settings), dbname=database) as admin:
        if admin.info.server_version < 180000:
            raise LabourMarketError(f"PostgreSQL 18 or newer is needed; this server is {admin.info.server_version // 10000}")
        transaction_lock(admin, PROVISION)
        _ensure_roles(admin, settings)
        admin.execute(_script("roles", database=sql.Identifier(database)))
        admin.execute("set local role loader")
        admin.execute(_script("ops"))
        for contract in load_contracts().values():
            admin.execute(core_ddl(contract))
        admin.execute("set local role auditor")
        admin.execute(_script("quarantine"))


def _ensure_database(settings: Settings, database: str) -> None:
    """A server whose database is there already need not let us into any other."""
    try:
        psycopg.connect(admin_dsn(settings), dbname=database).close()
    except psycopg.OperationalError as error:
        if f'database "{database}" does not exist' not in str(error):
            raise
        with psycopg.connect(admin_dsn(settings), dbname="postgres", autocommit=True) as admin:
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(database)))


def _ensure_roles(admin: psycopg.Connection, settings: Settings) -> None:
    for role in ROLES:
        if not admin.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
            admin.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        admin.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(secret(settings, f"role_{role}"))))


def _script(name: str, **identifiers: sql.Composable) -> sql.Composed:
    text = files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return sql.SQL(text).format(**identifiers)
