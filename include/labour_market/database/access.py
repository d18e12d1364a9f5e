"""Roles, schemas and passwords: access.sql and reader_limits.sql, run again only when it has changed or when a part of it is missing.

Roles belong to the server and not to the database, and schemas of the dbt project may be dropped and built again. So they are compared
with the server at each start, and are no part of a revision.
"""

import hashlib
from pathlib import Path

import psycopg
from psycopg import sql

from labour_market.database import readers
from labour_market.database.connections import ROLES, can_log_in, dsn
from labour_market.database.kept_settings import ACCESS_SCRIPT, keep_setting, read_setting
from labour_market.errors import LabourMarketError
from labour_market.settings import Settings, secret

SCRIPT = Path(__file__).with_name("access.sql")
SCHEMAS = (
    *("ops", "stage", "core", "vault", "quarantine"),
    *("reference", "staging", "intermediate", "marts", "indicators", "vintages", "bi", "analysis"),
)


def differs(admin: psycopg.Connection, settings: Settings) -> bool:
    """Whether a role, a schema or a password is missing, or access.sql is not the one that was applied. Only reads."""
    return _script_is_due(admin) or bool(_roles_without_login(settings))


def apply(admin: psycopg.Connection, settings: Settings) -> list[str]:
    """Create what is missing and set the passwords with which a role cannot log in. Returns a line for each change."""
    done = []
    if _script_is_due(admin):
        run_script(admin)
        done.append("roles, schemas and their rights are as in access.sql")
    roles = _roles_without_login(settings)
    for role in roles:
        set_password(admin, role, secret(settings, f"role_{role}"))
    if roles:
        done.append(f"passwords are set for {', '.join(roles)}")
    return done


def run_script(admin: psycopg.Connection) -> None:
    """Create the roles and schemas that are missing, and give every role its rights and limits."""
    with admin.transaction():
        admin.execute(SCRIPT.read_bytes())
        readers.set_limits(admin)


def refuse_triggers(admin: psycopg.Connection) -> None:
    """Refuse triggers and rules on the tables of ops: the administrator writes to them, so such code would run with all rights.

    Raises:
        LabourMarketError: The message names each of them.
    """
    rows = admin.execute(
        "select format('trigger %%s on %%s', tgname, tgrelid::regclass) from pg_trigger join pg_class on pg_class.oid = tgrelid"
        " where not tgisinternal and relnamespace = to_regnamespace(%(schema)s)"
        " union all select format('rule %%s on %%s', rulename, ev_class::regclass) from pg_rewrite join pg_class on pg_class.oid = ev_class"
        " where relnamespace = to_regnamespace(%(schema)s) and relkind = 'r' order by 1",
        {"schema": "ops"},
    ).fetchall()
    if rows:
        raise LabourMarketError(f"no release made {', '.join(name for (name,) in rows)}, which would run as the administrator: drop them")


def record(admin: psycopg.Connection) -> None:
    """Record which access.sql is applied. The table for it is part of the first revision, so this comes last."""
    if read_setting(admin, ACCESS_SCRIPT) != _digest():
        keep_setting(admin, ACCESS_SCRIPT, _digest())


def set_password(admin: psycopg.Connection, role: str, password: str) -> None:
    """Set a role's password; the server, and so its log, gets only the SCRAM verifier.

    Args:
        admin: An administrator's connection.
        role: The role.
        password: In plain text.
    """
    verifier = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    admin.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier)))


def _script_is_due(admin: psycopg.Connection) -> bool:
    row = admin.execute(
        "select to_regclass('ops.setting') is null"
        " or exists (select from unnest(%s::text[]) as name where name not in (select rolname from pg_roles))"
        " or exists (select from unnest(%s::text[]) as name where to_regnamespace(name) is null)",
        [list(ROLES), list(SCHEMAS)],
    ).fetchone()
    if row is None or row[0]:
        return True
    row = admin.execute("select has_database_privilege('transformer', current_database(), 'create')").fetchone()
    return not (row and row[0]) or read_setting(admin, ACCESS_SCRIPT) != _digest()


def _digest() -> str:
    return hashlib.sha256(SCRIPT.read_bytes() + readers.LIMITS.read_bytes()).hexdigest()


def _roles_without_login(settings: Settings) -> list[str]:
    return [role for role in ROLES if not can_log_in(dsn(role, settings))]
