"""Deployment of the dbt project: its tables and views as the project defines them; readers are never interrupted.

1. dbt fills the tables that are new, or whose columns or grain differ from the model's, in the schema `deployment`, from all rows
   of core.
2. One transaction moves them to their places, creates indexes that are new, replaces the views that changed, defines the views of
   users again, and drops what no model names. It waits for a lock for less than a second, since every new reader waits behind it.
   When it does not get the lock, it is rolled back and tried again.
"""

import json
import logging
from functools import partial
from typing import Any

import psycopg
from psycopg import conninfo, sql

from labour_market.batches.outbox import rebuild_every_partition
from labour_market.database import admin_dsn, connect, dsn, read_sql
from labour_market.database.kept_settings import DEPLOYED_PROJECT, keep_setting, read_setting
from labour_market.database.lock_timeout import retry_on_lock_timeout
from labour_market.settings import Settings, load_settings
from labour_market.transform import relations
from labour_market.transform.dbt import BuildError, analyze, build_lock, failures, run_dbt
from labour_market.transform.project import ROUTINES, Model, compile_project, project_digest
from labour_market.transform.reference import seed_reference

LOG = logging.getLogger(__name__)

SCRATCH = "deployment"
KEPT_SCHEMA = "vintages"
SCHEMA_COMMENTS = {
    "marts": "Sự kiện và chiều, từng dòng chi tiết. Công cụ BI đọc bi. | Facts and dimensions, row by row. BI tools read bi.",
    "bi": "Số liệu cho báo cáo và công cụ BI; ô nhỏ đã ẩn. | Figures for reports and BI tools; small cells are hidden.",
}


def deploy_models(settings: Settings | None = None) -> bool:
    """Create and replace the tables and views of the dbt project when it has changed since the last deployment.

    Returns:
        Whether there was something to deploy.

    Raises:
        BuildError: a model failed, or a user's view cannot be kept. The message names it, and every relation is as it was.
        SchemaLockedError: another session holds a lock. The message names it, and every relation is as it was.
    """
    settings = settings or load_settings()
    with connect("transformer", settings, autocommit=True) as connection, build_lock(connection):
        seed_reference(settings)
        return deploy_if_changed(connection, settings)


def deploy_if_changed(connection: psycopg.Connection, settings: Settings) -> bool:
    """deploy_models for a caller that holds the build lock.

    Rows that an older project wrote may differ from what today's would write: the next build writes every partition again.
    """
    digest = project_digest()
    deployed = deployed_project(connection)
    if deployed.get("digest") == digest and all(relations.exists(connection, relation) for relation in deployed["grains"]):
        return False
    project = compile_project(settings)
    filled = tables_to_fill(connection, project, deployed.get("grains", {}))
    _drop_scratch_schema(connection)
    try:
        if filled:
            _fill(connection, filled, settings)
        switch_when_free(project, filled, digest, settings)
    finally:
        _drop_scratch_schema(connection)
    return True


def deployed_project(connection: psycopg.Connection) -> dict[str, Any]:
    """What the last deployment wrote down: the digest of the project, and the grain of each relation."""
    record = read_setting(connection, DEPLOYED_PROJECT)
    return json.loads(record) if record else {}


def tables_to_fill(connection: psycopg.Connection, project: list[Model], grains: dict[str, str]) -> list[Model]:
    """The tables that are absent, or whose columns, types or grain are not those of the model."""
    columns = relations.columns_of(connection, sorted({model.schema for model in project}))
    to_fill = []
    for model in project:
        if not model.is_table:
            continue
        wanted = [(column, relations.canonical_type(connection, data_type or "text")) for column, data_type in model.columns]
        present = columns.get(model.relation)
        same_grain = grains.get(model.relation, model.grain) == model.grain
        if model.schema == KEPT_SCHEMA and present is not None:
            if sorted(present) != sorted(wanted) or not same_grain:
                changed = sorted({column for column, _ in set(present) ^ set(wanted)}) or ["its grain"]
                raise BuildError(
                    f"{model.relation} holds what no build can restore, and differs from its model in {', '.join(changed)}:"
                    " change the table by a migration of the database, then deploy again"
                )
        elif present != wanted or not same_grain:
            to_fill.append(model)
    return to_fill


def _fill(connection: psycopg.Connection, tables: list[Model], settings: Settings) -> None:
    """Let dbt fill these tables in a schema of their own, with everything that they read, from all rows of core."""
    selection = [f"+{model.name}" for model in tables]
    variables = json.dumps({"build_schema": SCRATCH})
    failed = failures(run_dbt(["run", "--select", *selection, "--vars", variables], settings, "dbt-deployment"))
    if failed:
        raise BuildError("the models could not be deployed: " + "; ".join(failed))
    analyze(connection, SCRATCH)


def _drop_scratch_schema(connection: psycopg.Connection) -> None:
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(SCRATCH)))


def switch_when_free(project: list[Model], filled: list[Model], digest: str, settings: Settings) -> None:
    """Switch to the new relations in one transaction, and retry while other transactions hold the old ones."""
    admin = conninfo.make_conninfo(
        admin_dsn(settings),
        dbname=str(conninfo.conninfo_to_dict(dsn("transformer", settings))["dbname"]),
        application_name="lmw-deployment",
    )
    with psycopg.connect(admin, autocommit=True) as connection:
        retry_on_lock_timeout(connection, partial(_switch, connection, project, filled, digest))


def _switch(connection: psycopg.Connection, project: list[Model], filled: list[Model], digest: str) -> None:
    """Change every relation to what the project defines, or none."""
    schemas = sorted({model.schema for model in project})
    with connection.transaction():
        timeout = [relations.LOCK_TIMEOUT]
        connection.execute("select set_config('lock_timeout', %s, true), set_config('search_path', 'public', true)", timeout)
        connection.execute(
            "select set_config('deadlock_timeout', '10ms', true) from pg_roles where rolname = current_user and rolsuper"
        )  # this session detects a deadlock before the others do, so that it is the one that is rolled back
        with relations.acting_as(connection, relations.OWNER):
            for schema in [*schemas, relations.RETIRED]:
                connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
        dependents = relations.dependents(connection, schemas, [model.relation for model in project])
        obsolete = _obsolete(connection, project)
        _lock(connection, project, filled, obsolete)
        _place_models(connection, project, filled)
        for view in dependents:
            if view.relation not in obsolete:
                relations.place_dependent(connection, view)
        _place_foreign_keys(connection, project)
        for path in sorted(ROUTINES.glob("*.sql")):
            with relations.acting_as(connection, relations.OWNER):
                connection.execute(path.read_text(encoding="utf-8"))
        _retire_obsolete(connection, obsolete)
        relations.drop_retired(connection)
        for schema, text in SCHEMA_COMMENTS.items():
            connection.execute(sql.SQL("comment on schema {} is {}").format(sql.Identifier(schema), sql.Literal(text)))
        record = json.dumps({"digest": digest, "grains": {model.relation: model.grain for model in project}})
        keep_setting(connection, DEPLOYED_PROJECT, record)
        rebuild_every_partition(connection)


def _lock(connection: psycopg.Connection, project: list[Model], filled: list[Model], obsolete: list[str]) -> None:
    changes = {model.relation: relations.change_of_view(connection, model.relation, model.query) for model in project if not model.is_table}
    replaced = {relation for relation, change in changes.items() if change is relations.Change.REPLACE}
    altered = {relation for relation, change in changes.items() if change is relations.Change.ALTER}
    relations.lock(connection, replaced | {model.relation for model in filled}, altered | set(obsolete))


def _place_models(connection: psycopg.Connection, project: list[Model], filled: list[Model]) -> None:
    for model in project:
        if model.is_table:
            if model in filled:
                relations.place_table(connection, model.relation, SCRATCH)
            relations.place_indexes(connection, model.relation, model.indexes)
        else:
            relations.place_view(connection, model.relation, model.query)
        relations.place_comments(connection, model.relation, model.descriptions)


def _place_foreign_keys(connection: psycopg.Connection, project: list[Model]) -> None:
    """Declare the foreign keys of every table that lacks one, or whose key points to a table that was replaced."""
    for model in project:
        if not model.is_table:
            continue
        present: dict[str, str] = dict(
            connection.execute(
                "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = to_regclass(%s) and contype = 'f'",
                [model.relation],
            ).fetchall()
        )
        wanted = {key.name: key for key in model.foreign_keys}
        for name, definition in present.items():
            if name not in wanted or _plain(definition) != _plain(wanted[name].definition):
                connection.execute(
                    sql.SQL("alter table {} drop constraint {}").format(relations.identifier(model.relation), sql.Identifier(name))
                )
        for name, key in wanted.items():
            if _plain(present.get(name, "")) != _plain(key.definition):
                connection.execute(
                    sql.SQL("alter table {} add constraint {} {}").format(
                        relations.identifier(model.relation),
                        sql.Identifier(name),
                        sql.SQL(key.definition),
                    )
                )


def _plain(definition: str) -> str:
    return "".join(definition.lower().split())


def _obsolete(connection: psycopg.Connection, project: list[Model]) -> list[str]:
    """Relations of the project's owner in its schemas that no model names any more, but for those that a user's view reads."""
    schemas = sorted({model.schema for model in project} - {KEPT_SCHEMA})
    models = {model.relation for model in project}
    owned = {"schemas": schemas, "owner": relations.OWNER}
    rows = connection.execute(read_sql(__package__, "relations_of_owner"), owned).fetchall()
    unnamed = {relation for (relation,) in rows} - models
    readers = relations.readers(connection)
    kept: dict[str, str] = {}
    grown = True
    while grown:  # what a kept view reads is kept as well
        new = {
            read: reader
            for reader, read in readers
            if read in unnamed and read not in kept and reader not in models and (reader not in unnamed or reader in kept)
        }
        kept |= new
        grown = bool(new)
    for relation, reader in sorted(kept.items()):
        LOG.warning("%s is named by no model any more and is kept, because %s reads it", relation, reader)
    return sorted(unnamed - kept.keys())


def _retire_obsolete(connection: psycopg.Connection, obsolete: list[str]) -> None:
    for relation in obsolete:
        relations.retire(connection, relation)
        LOG.info("%s is named by no model any more and was dropped", relation)
