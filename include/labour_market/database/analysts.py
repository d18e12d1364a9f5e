"""Logins for licensed analysts of one district: a role of its own, which exists only while there is a licence."""

import logging

import psycopg
from psycopg import conninfo, sql

from labour_market.database import access
from labour_market.database.connections import DISTRICT_ANALYST, admin_dsn, district_analyst, warehouse_database
from labour_market.database.locks import PROVISION, session_lock
from labour_market.errors import UsageError
from labour_market.settings import Settings, load_settings, secret

COLUMNS = ("role", "licence")
LOG = logging.getLogger(__name__)


def add(district: str, because: str, settings: Settings | None = None) -> str:
    """Create the role of an analyst who sees the rows of one district, or renew its licence.

    Args:
        district: The code of the district, three digits.
        because: The licence; it is kept as the comment of the role.
        settings: Of the installation.

    Returns:
        The role. Its password is in the file `role_<role>` of the secrets.

    Raises:
        UsageError: There is no such district.
    """
    settings = settings or load_settings()
    role = district_analyst(district)
    with _administrator(settings) as admin, session_lock(admin, PROVISION), admin.transaction():
        known = admin.execute("select from reference.area_unit where level = 'district' and code = %s", [district]).fetchone()
        if known is None:
            raise UsageError(f"{district} is no code of a district of the province")
        if admin.execute("select from pg_roles where rolname = %s", [role]).fetchone() is None:
            admin.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        access.run_script(admin)
        access.set_password(admin, role, secret(settings, f"role_{role}"))
        admin.execute(sql.SQL("comment on role {} is {}").format(sql.Identifier(role), sql.Literal(because)))
    LOG.info("%s may read the rows of its district", role)
    return role


def remove(district: str, settings: Settings | None = None) -> str:
    """End the sessions of the analyst of a district and drop the role, its rights and its password.

    Raises:
        UsageError: There is no such role.
    """
    settings = settings or load_settings()
    role = district_analyst(district)
    with _administrator(settings) as admin, session_lock(admin, PROVISION), admin.transaction():
        if admin.execute("select from pg_roles where rolname = %s", [role]).fetchone() is None:
            raise UsageError(f"there is no role {role}")
        admin.execute(sql.SQL("alter role {} nologin").format(sql.Identifier(role)))
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", [role])
        admin.execute(sql.SQL("drop owned by {}").format(sql.Identifier(role)))
        admin.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))
    (settings.secrets_dir / f"role_{role}").unlink(missing_ok=True)
    LOG.info("%s was removed", role)
    return role


def analysts(settings: Settings | None = None) -> list[tuple[str, str]]:
    """The roles of analysts of a district, each with its licence."""
    with _administrator(settings or load_settings()) as admin:
        return admin.execute(
            "select rolname::text, coalesce(shobj_description(oid, 'pg_authid'), '') from pg_roles"
            " where rolname ~ '^analyst_[0-9]{3}$' order by 1"
        ).fetchall()


def with_password(settings: Settings) -> list[str]:
    """The roles of analysts of a district that have a password in the secrets: those of a backup, on a server that has none of them yet."""
    names = (path.name.removeprefix("role_") for path in settings.secrets_dir.glob("role_analyst_*"))
    return sorted(name for name in names if DISTRICT_ANALYST.fullmatch(name))


def _administrator(settings: Settings) -> psycopg.Connection:
    login = conninfo.make_conninfo(admin_dsn(settings), dbname=warehouse_database(settings), application_name="lmw-analysts")
    return psycopg.connect(login, autocommit=True)
