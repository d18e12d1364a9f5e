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
from labour_market.database.access import refuse_triggers
from labour_market.database.kept_settings import DEPLOYED_PROJECT, keep_setting, read_setting
from labour_market.database.lock_timeout import LOCK_TIMEOUT, retry_on_lock_timeout
from labour_market.logs import log_stage
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
    "analysis": "Từng dòng, ẩn danh, cho người phân tích được cấp phép. | Pseudonymous rows, for licensed analysts.",
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
    relations.refuse_existing_schema(connection, SCRATCH, relations.OWNER)
    relations.refuse_existing_schema(connection, relations.RETIRED)
    with log_stage(LOG, "deploy") as counts:
        project = compile_project(settings)
        filled = tables_to_fill(connection, project, deployed.get("grains", {}))
        counts.update(relations=len(project), filled_tables=len(filled))
        _drop_scratch_schema(connection)
        try:
            if filled:
                _fill(connection, filled, settings)
            switch_when_free(project, filled, digest, settings)
        finally:
            _drop_scratch_schema(connection)
    return True


def deployed_project(connection: psycopg.Connection) -> dict[str, Any]:
    """What the last deployment wrote down: the digest of the project, the grain of each relation, and what it kept for a user."""
    record = read_setting(connection, DEPLOYED_PROJECT)
    return json.loads(record) if record else {}


def tables_to_fill(connection: psycopg.Connection, project: list[Model], grains: dict[str, str]) -> list[Model]:
    """The tables that are absent, or whose columns, types or grain are not those of the model.

    Args:
        connection: The transformer's.
        project: The models of the project.
        grains: Relation -> the grain with which it was deployed.

    Returns:
        The models of these tables.

    Raises:
        BuildError: One of them is a table of vintages, whose rows no build can restore.
    """
    columns = relations.columns_of(connection, sorted({model.schema for model in project}))
    unnamed = sorted(set(_owned_tables(connection, [KEPT_SCHEMA])) - {model.relation for model in project})
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
        elif model.schema == KEPT_SCHEMA and unnamed:
            raise BuildError(
                f"{model.relation} does not exist, and {', '.join(unnamed)} is named by no model: if the model was renamed, rename the"
                " table by a migration of the database, since no build can restore its rows; else move that table to another schema"
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
    """Switch to the new relations in one transaction, and retry while other transactions hold the old ones.

    Args:
        project: All models of the project.
        filled: Those whose tables are filled in the scratch schema.
        digest: Of the project; kept as the deployed one.
        settings: Of the installation.
    """
    admin = conninfo.make_conninfo(
        admin_dsn(settings),
        dbname=str(conninfo.conninfo_to_dict(dsn("transformer", settings))["dbname"]),
        application_name="lmw-deployment",
    )
    with psycopg.connect(admin, autocommit=True) as connection, relations.refusal("this version"):
        retry_on_lock_timeout(connection, partial(_switch, connection, project, filled, digest))


def _switch(connection: psycopg.Connection, project: list[Model], filled: list[Model], digest: str) -> None:
    """Change every relation to what the project defines, or none."""
    schemas = sorted({model.schema for model in project})
    with connection.transaction():
        timeout = [LOCK_TIMEOUT]
        connection.execute("select set_config('lock_timeout', %s, true), set_config('search_path', 'public', true)", timeout)
        connection.execute(
            "select set_config('deadlock_timeout', '10ms', true) from pg_roles where rolname = current_user and rolsuper"
        )  # this session detects a deadlock before the others do, so that it is the one that is rolled back
        refuse_triggers(connection)
        deployed = deployed_project(connection)
        made = {*deployed.get("grains", {}), *deployed.get("kept", [])}
        _refuse(connection, project, filled, made)
        with relations.acting_as(connection, relations.OWNER):
            for schema in [*schemas, relations.RETIRED]:
                connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
        dependents = relations.dependents(connection, schemas, [model.relation for model in project])
        obsolete, kept = _obsolete(connection, project, made)
        _lock(connection, project, filled, obsolete)
        _place_models(connection, project, filled)
        for view in dependents:
            if view.relation not in obsolete:
                relations.place_dependent(connection, view)
        _place_foreign_keys(connection, project)
        for path in sorted(ROUTINES.glob("*.sql")):
            with relations.refusal(f"the routine {path.stem}"):
                relations.place_routine(connection, path.read_text(encoding="utf-8"))
        _retire_obsolete(connection, obsolete)
        relations.drop_retired(connection)
        for schema, text in SCHEMA_COMMENTS.items():
            connection.execute(sql.SQL("comment on schema {} is {}").format(sql.Identifier(schema), sql.Literal(text)))
        record = json.dumps({"digest": digest, "grains": {model.relation: model.grain for model in project}, "kept": kept})
        keep_setting(connection, DEPLOYED_PROJECT, record)
        rebuild_every_partition(connection)


def _refuse(connection: psycopg.Connection, project: list[Model], filled: list[Model], made: set[str]) -> None:
    """Raise BuildError when something that a person made would be lost. made: what earlier deployments made; empty without a record."""
    relations.refuse_existing_schema(connection, relations.RETIRED)
    for model in project:
        if made and model.relation not in made and model.schema != KEPT_SCHEMA and relations.exists(connection, model.relation):
            raise BuildError(f"{model.relation} exists and no deployment made it, and a model has this name: rename or drop it")
        if model in filled:
            relations.refuse_losses(connection, model.relation, f"{SCRATCH}.{model.name}")


def _lock(connection: psycopg.Connection, project: list[Model], filled: list[Model], obsolete: list[str]) -> None:
    changes = {
        model.relation: relations.change_of_view(connection, model.relation, model.query, model.options)
        for model in project
        if not model.is_table
    }
    replaced = {relation for relation, change in changes.items() if change is relations.Change.REPLACE}
    altered = {relation for relation, change in changes.items() if change is relations.Change.ALTER}
    relations.lock(connection, replaced | {model.relation for model in filled}, altered | set(obsolete))


def _place_models(connection: psycopg.Connection, project: list[Model], filled: list[Model]) -> None:
    for model in project:
        with relations.refusal(model.relation):
            if model.is_table:
                if model in filled:
                    relations.place_table(connection, model.relation, SCRATCH)
                relations.place_indexes(connection, model.relation, model.indexes)
            else:
                relations.place_view(connection, model.relation, model.query, model.options)
            relations.place_comments(connection, model.relation, model.descriptions)


def _place_foreign_keys(connection: psycopg.Connection, project: list[Model]) -> None:
    """Declare the foreign keys of every table that lacks one, or whose key points to a table that was replaced."""
    for model in project:
        if not model.is_table:
            continue
        present: dict[str, str] = dict(
            connection.execute(
                "select conname, pg_get_constraintdef(oid) from pg_constraint"
                " where conrelid = to_regclass(%s) and contype = 'f' and not conenforced",  # an enforced one is of a person
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


def _obsolete(connection: psycopg.Connection, project: list[Model], made: set[str]) -> tuple[list[str], list[str]]:
    """Relations that no model names any more: those to drop, and those that are kept because a user's view reads them.

    Args:
        connection: of the administrator.
        project: the models.
        made: what earlier deployments made. Another relation is a person's. Without it, all that the project's owner has is obsolete.
    """
    schemas = sorted({*(model.schema for model in project), *(relation.split(".", 1)[0] for relation in made)} - {KEPT_SCHEMA})
    models = {model.relation for model in project}
    owned = {"schemas": schemas, "owner": relations.OWNER}
    rows = connection.execute(read_sql(__package__, "relations_of_owner"), owned).fetchall()
    unnamed = {relation for (relation,) in rows} - models
    if made:
        for relation in sorted(unnamed - made):
            LOG.warning("%s is named by no model and is kept, because no deployment made it", relation)
        unnamed &= made
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
    return sorted(unnamed - kept.keys()), sorted(kept)


def _owned_tables(connection: psycopg.Connection, schemas: list[str]) -> list[str]:
    rows = connection.execute(
        "select relnamespace::regnamespace || '.' || relname from pg_class"
        " where relnamespace::regnamespace::text = any(%s) and relkind = 'r' and pg_get_userbyid(relowner) = %s order by 1",
        [schemas, relations.OWNER],
    ).fetchall()
    return [relation for (relation,) in rows]


def _retire_obsolete(connection: psycopg.Connection, obsolete: list[str]) -> None:
    for relation in obsolete:
        relations.retire(connection, relation)
        LOG.warning("%s is named by no model any more and is dropped", relation)
