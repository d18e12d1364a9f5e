"""The revisions of the schema of ops, vault, quarantine and core, applied by Alembic.

A revision is a file of SQL, versions/NNNN_name.sql, and a stub of Python by which Alembic finds it. Each runs in a
transaction of its own, which also writes its number to ops.alembic_version. A migration that was killed resumes with the revision that
it did not finish.
"""

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from labour_market.database.dependents import views_recreated
from labour_market.database.lock_timeout import retry_on_lock_timeout, with_lock_timeout
from labour_market.errors import LabourMarketError

VERSIONS = Path(__file__).parent / "versions"
BASELINE = "0001"
BASELINE_CATALOG = Path(__file__).parent / "baseline_catalog.txt"
VERSION_TABLE = Path(__file__).parent / "version_table.sql"
CATALOG_QUERY = Path(__file__).parent / "catalog.sql"
VERSIONED_SCHEMAS = ["ops", "vault", "quarantine", "core"]
LOG = logging.getLogger(__name__)


class NewerSchemaError(LabourMarketError):
    """A newer release has migrated the database."""


class UnknownSchemaError(LabourMarketError):
    """The database has tables of ours without a version, and not those of the last release that had none."""


def revisions() -> list[str]:
    """The numbers of all revisions of this release, in order."""
    return sorted(path.name.partition("_")[0] for path in VERSIONS.glob("*.sql"))


def current_revision(connection: psycopg.Connection) -> str | None:
    """The revision of a database; None when it has none yet."""
    if connection.execute("select to_regclass('ops.alembic_version') is null").fetchone() == (True,):
        return None
    row = connection.execute("select version_num from ops.alembic_version").fetchone()
    return str(row[0]) if row else None


def pending(connection: psycopg.Connection) -> list[str]:
    """The revisions that a database lacks. Only reads.

    Raises:
        NewerSchemaError: the database has a revision that this release does not have.
        UnknownSchemaError: the database has tables and no version, and they are not the baseline's.
    """
    available, current = revisions(), current_revision(connection)
    if current is None:
        return available[1:] if _has_baseline(connection) else available
    if current not in available:
        raise NewerSchemaError(
            f"the database has revision {current} of the schema, this release those up to {available[-1]}: a newer release migrated it;"
            " start that release, or restore the backup from before the upgrade"
        )
    return available[available.index(current) + 1 :]


def upgrade(admin: psycopg.Connection, conninfo: str) -> list[str]:
    """Apply the pending revisions, each in its own transaction, with retries when a lock is not free.

    Args:
        admin: a connection of the administrator, in autocommit mode, that holds the lock on provisioning.
        conninfo: the same login, for the connection of Alembic.

    Returns:
        A line for each revision that was applied.

    Raises:
        NewerSchemaError, UnknownSchemaError: the database is not one that can be migrated.
        SchemaLockedError: other sessions hold locks for too long.
    """
    if current_revision(admin) is None:
        _create_version_table(admin)
    if not pending(admin):
        return []
    applied: list[str] = []
    retry_on_lock_timeout(admin, lambda: _run_alembic(conninfo, applied))
    return applied


def run_sql(stub: str, *retyped: str) -> None:
    """Run the SQL of a revision.

    Args:
        stub: the path of its Python file.
        retyped: tables, as schema.name, of which it changes the type of a column that views read: the views are created again around it.
    """
    from alembic import op

    connection = op.get_bind().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    with ExitStack() as stack:
        for relation in retyped:
            stack.enter_context(views_recreated(connection, relation))
        connection.execute(Path(stub).with_suffix(".sql").read_bytes())


def catalog(connection: psycopg.Connection, schemas: list[str]) -> set[str]:
    """One line for each table, column, constraint, index, function and right in these schemas."""
    with connection.transaction():
        connection.execute("set local search_path to ''")  # names are written with their schema
        connection.execute("select set_config('lmw.schemas', %s, true)", [",".join(schemas)])
        return {line for (line,) in connection.execute(CATALOG_QUERY.read_bytes())}


def _create_version_table(admin: psycopg.Connection) -> None:
    """ops.alembic_version, with the baseline's number where the tables of the last release without versions exist."""
    stamp = _has_baseline(admin)
    with admin.transaction():
        admin.execute(VERSION_TABLE.read_bytes())
        if stamp:
            admin.execute("insert into ops.alembic_version values (%s)", [BASELINE])


def _has_baseline(connection: psycopg.Connection) -> bool:
    """Whether a database without version has the tables of the baseline; one without any table does not.

    More tables, indexes and rights are no reason to refuse; anything that is missing or differs is.
    """
    existing = {line for line in catalog(connection, VERSIONED_SCHEMAS) if "ops.alembic_version" not in line}
    if not existing:
        return False
    baseline = set(BASELINE_CATALOG.read_text(encoding="utf-8").splitlines())
    tables = {line.removeprefix("table ") for line in baseline if line.startswith("table ")}
    differing = sorted({*(baseline - existing), *(line for line in existing - baseline if _restricts(line, tables))})
    if differing:
        raise UnknownSchemaError(
            f"the database has tables without a version, and they are not those of the last release without versions; {len(differing)}"
            f" differences, the first: {differing[0]!r}; run `lmw prepare` of that release once, or start with an empty database"
        )
    return True


def _restricts(line: str, tables: set[str]) -> bool:
    """Whether a line that the baseline does not have can stop this release from writing to its tables."""
    kind, relation, *_ = line.split(" ", 2)
    if kind == "constraint":
        return relation in tables
    return kind == "column" and relation.rpartition(".")[0] in tables and "not null" in line and " default " not in line


def _run_alembic(conninfo: str, applied: list[str]) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import MigrationInfo
    from alembic.script import ScriptDirectory
    from sqlalchemy import NullPool, create_engine

    script = ScriptDirectory(str(VERSIONS.parent), version_locations=[str(VERSIONS)])
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(with_lock_timeout(conninfo), application_name="lmw-migrations"),
        poolclass=NullPool,
    )

    def note(*, step: MigrationInfo, **_: Any) -> None:
        applied.append(f"schema: revision {step.up_revision_id}, {script.get_revision(str(step.up_revision_id)).doc}")
        LOG.info(applied[-1])

    environment = EnvironmentContext(
        Config(), script, fn=lambda revision, _: script._upgrade_revs("head", revision), destination_rev="head"
    )
    with environment, engine.connect() as connection:
        environment.configure(
            connection=connection,
            version_table_schema="ops",
            transaction_per_migration=True,
            on_version_apply=note,  # type: ignore[arg-type]  # called by keyword
        )
        environment.run_migrations()
