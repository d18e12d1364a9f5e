"""The connections of each role to the warehouse's database."""

import re

import psycopg
from psycopg import conninfo

from labour_market.errors import UsageError
from labour_market.settings import Settings, load_settings, secret

WAREHOUSE = "warehouse"
# the server's words when the connections of a role, or of all roles, are used up
NO_CONNECTION_LEFT = ("too many connections", "too many clients", "remaining connection slots")
ROLES = ("loader", "auditor", "transformer", "steward", "dpo", "analyst", "bi_reader")
DISTRICT_ANALYST = re.compile("analyst_[0-9]{3}")  # sees the rows of one district; `lmw analyst add` creates it
# A session whose network is cut ends on both sides after this time: its process does not wait for an answer that cannot come,
# and the server does not keep its locks. By default that takes hours.
LOST_SECONDS = 30


def district_analyst(district: str) -> str:
    """The role of an analyst who sees the rows of one district.

    Raises:
        UsageError: The code has not three digits.
    """
    role = f"analyst_{district}"
    if not DISTRICT_ANALYST.fullmatch(role):
        raise UsageError(f"{district!r} is no code of a district, which has three digits")
    return role


def session_limits() -> dict[str, str]:
    """The parameters by which both sides of a session find out that the network between them is cut."""
    client = {"keepalives_idle": LOST_SECONDS // 2, "keepalives_interval": max(LOST_SECONDS // 6, 1), "keepalives_count": 3}
    server = {f"tcp_{name}": value for name, value in client.items()} | {"tcp_user_timeout": LOST_SECONDS * 1000}
    server["client_connection_check_interval"] = LOST_SECONDS * 1000
    return {
        **{name: str(value) for name, value in client.items()},
        "tcp_user_timeout": str(LOST_SECONDS * 1000),
        "connect_timeout": str(LOST_SECONDS),
        "options": " ".join(f"-c {name}={value}" for name, value in server.items()),
    }


def with_options(login: str, options: str) -> str:
    """A DSN with further options of the server, added to those that it has."""
    return conninfo.make_conninfo(login, options=f"{conninfo.conninfo_to_dict(login).get('options', '')} {options}".strip())


def admin_dsn(settings: Settings) -> str:
    """The administrator's DSN: WAREHOUSE_DSN, or the embedded server's own. What WAREHOUSE_DSN says of the network is kept.

    Raises:
        UsageError: WAREHOUSE_DSN is no connection string.
    """
    if settings.warehouse_dsn:
        try:
            given = {name: str(value) for name, value in conninfo.conninfo_to_dict(settings.warehouse_dsn).items()}
            limits = session_limits()
            options = f"{limits['options']} {given.get('options', '')}".strip()
            return conninfo.make_conninfo(**{**limits, **given, "options": options})
        except psycopg.ProgrammingError:  # its message may quote the password
            raise UsageError(
                "WAREHOUSE_DSN is no connection string of PostgreSQL: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
            ) from None
    return conninfo.make_conninfo(
        host="127.0.0.1",
        port=settings.pg_port,
        user="postgres",
        password=secret(settings, "postgres"),
        dbname="postgres",
        **session_limits(),
    )


def warehouse_database(settings: Settings) -> str:
    """The database of WAREHOUSE_DSN, unless that is the maintenance database; else `warehouse`."""
    if settings.warehouse_dsn:
        named = conninfo.conninfo_to_dict(admin_dsn(settings)).get("dbname")
        if named and named != "postgres":
            return str(named)
    return WAREHOUSE


def dsn(role: str, settings: Settings | None = None) -> str:
    """The DSN of a role in the warehouse database.

    Raises:
        UsageError: A role that does not exist.
    """
    if role not in ROLES and not DISTRICT_ANALYST.fullmatch(role):
        raise UsageError(f"there is no role {role!r}; known: {', '.join(ROLES)}")
    settings = settings or load_settings()
    return conninfo.make_conninfo(
        admin_dsn(settings),
        user=role,
        password=secret(settings, f"role_{role}"),
        dbname=warehouse_database(settings),
        application_name=f"lmw-{role}",
    )


def connect(role: str, settings: Settings | None = None, *, autocommit: bool = False) -> psycopg.Connection:
    """An open connection of that role.

    Args:
        role: One of ROLES.
        settings: Of the installation; default: of the environment.
        autocommit: Whether each statement is a transaction of its own.
    """
    return psycopg.connect(dsn(role, settings), autocommit=autocommit)


def can_log_in(conninfo_of_role: str) -> bool:
    """Whether the server accepts a login with the password in this DSN. It does when it has no connection left for the role."""
    try:
        psycopg.connect(conninfo_of_role).close()
    except psycopg.OperationalError as error:  # of a login it has no SQLSTATE
        return any(full in str(error) for full in NO_CONNECTION_LEFT)
    return True
