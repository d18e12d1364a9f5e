"""Deployment of the dbt project: its tables and views, as the project now states them."""

import hashlib

import psycopg
from psycopg import sql

from labour_market.database import connect
from labour_market.settings import DBT_DIR, Settings, load_settings
from labour_market.transform.dbt import BuildError, analyze, build_lock, failures, run_dbt
from labour_market.transform.reference import seed_reference


def deploy_models(settings: Settings | None = None) -> bool:
    """Create the tables and views of the dbt project, with their descriptions, when the project has changed since the last deployment.

    A nightly build then only fills the tables.

    Returns:
        Whether there was something to deploy.

    Raises:
        BuildError: a model failed; the message names it.
    """
    settings = settings or load_settings()
    with connect("transformer", settings, autocommit=True) as connection, build_lock(connection):
        seed_reference(settings)
        return deploy_if_changed(connection, settings)


def deploy_if_changed(connection: psycopg.Connection, settings: Settings) -> bool:
    """deploy_models for a caller that holds the build lock.

    The digest of the deployed project is a comment on both schemas. Rows that an older project wrote may differ from today's, or lack a
    column: the next build writes every partition again.
    """
    files = [DBT_DIR / "dbt_project.yml", *sorted((DBT_DIR / "macros").rglob("*.*")), *sorted((DBT_DIR / "models").rglob("*.*"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    deployed: dict[str, str | None] = dict(
        connection.execute(
            "select nspname, obj_description(oid, 'pg_namespace') from pg_namespace where nspname in ('marts', 'bi')"
        ).fetchall()
    )
    if deployed == {"marts": digest, "bi": digest}:
        return False
    connection.execute("delete from ops.build_scope")
    failed = failures(run_dbt(["run", "--select", "path:models"], settings))
    if failed:
        raise BuildError("the models could not be deployed: " + "; ".join(failed))
    analyze(connection, "marts")
    for schema in ("marts", "bi"):
        connection.execute(sql.SQL("comment on schema {} is {}").format(sql.Identifier(schema), sql.Literal(digest)))
    if deployed.get("marts") not in (None, digest):
        connection.execute("update ops.outbox set built_at = null")
    return True
