"""Tables and views replaced in place, in one transaction: what reads them goes on, and grants, comments and owners stay.

PostgreSQL binds a view to the relations that it reads, not to their names. So a relation that cannot be altered is moved to the
schema `retired`, its successor takes its name, each view that reads it is defined again by its own text, and then the old relation
is dropped, never with cascade.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum
from graphlib import TopologicalSorter

import psycopg
from psycopg import errors, sql

from labour_market.database import read_sql
from labour_market.database.dependents import DependentView, dependent_views, parts_of_relation
from labour_market.transform.dbt import BuildError
from labour_market.transform.project import Index

OWNER = "transformer"  # of every relation of the project
RETIRED = "retired"
CANDIDATE = "deployment_candidate"


def identifier(relation: str) -> sql.Identifier:
    """A relation, given as schema.name, quoted."""
    return sql.Identifier(*relation.split(".", 1))


def exists(connection: psycopg.Connection, relation: str) -> bool:
    """Whether there is a relation, given as schema.name."""
    row = connection.execute("select to_regclass(%s) is not null", [_quoted(relation)]).fetchone()
    return bool(row and row[0])


@contextmanager
def acting_as(connection: psycopg.Connection, role: str) -> Iterator[None]:
    """Statements of an administrator's transaction, run as another role."""
    connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
    yield
    connection.execute("reset role")


def columns_of(connection: psycopg.Connection, schemas: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Name and type of each column of each relation in these schemas, in order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for relation, column, of_type in connection.execute(read_sql(__package__, "columns_of_relations"), {"schemas": schemas}):
        found.setdefault(relation, []).append((column, of_type))
    return found


def canonical_type(connection: psycopg.Connection, name: str) -> str:
    """The name that PostgreSQL itself gives to a type: timestamptz is timestamp with time zone."""
    row = connection.execute("select format_type(to_regtype(%s), to_regtypemod(%s))", [name, name]).fetchone()
    assert row
    return str(row[0])


def dependents(connection: psycopg.Connection, schemas: list[str], models: list[str]) -> list[DependentView]:
    """Views and materialized views that are no models and read relations of these schemas, each after those that it reads.

    Args:
        connection: An administrator's.
        schemas: The schemas of the project.
        models: The models, as schema.name.
    """
    rows = connection.execute(
        "select pg_class.oid from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname = any(%s)", [schemas]
    ).fetchall()
    return dependent_views(connection, [oid for (oid,) in rows], except_for=models)


def readers(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Pairs of a view and a relation that it reads itself, each as schema.name."""
    return connection.execute(read_sql(__package__, "readers")).fetchall()


def lock(connection: psycopg.Connection, replaced: set[str], altered: set[str]) -> None:
    """Lock what a transaction is about to change, in the order in which readers lock: a view before what it reads.

    So a reader and this session do not wait for each other.

    Args:
        connection: in a transaction.
        replaced: relations that become other objects; all that reads them is defined again.
        altered: relations that stay the same objects.
    """
    edges = readers(connection)
    read_by: dict[str, set[str]] = {}
    for view, read in edges:
        read_by.setdefault(read, set()).add(view)
    touched, todo = set(altered), set(replaced)
    while todo:
        relation = todo.pop()
        if relation not in touched or relation in replaced:
            touched.add(relation)
            todo |= read_by.get(relation, set()) - touched
    referencing = connection.execute(read_sql(__package__, "referencing_tables"), {"relations": sorted(replaced)}).fetchall()
    touched |= {name for (name,) in referencing}
    order = TopologicalSorter({relation: read_by.get(relation, set()) & touched for relation in sorted(touched)})
    for relation in order.static_order():
        row = connection.execute(
            "select pg_get_userbyid(relowner) from pg_class where oid = to_regclass(%s) and relkind in ('r', 'v')", [_quoted(relation)]
        ).fetchone()
        if row:  # its own owner: nothing changes, and of a view this locks nothing but the view, as `lock table` does not
            connection.execute(sql.SQL("alter table {} owner to {}").format(identifier(relation), sql.Identifier(row[0])))


def retire(connection: psycopg.Connection, relation: str) -> str:
    """Move a relation with its indexes to the schema `retired`; returns its name there. Views that read it go on reading it."""
    schema, name = relation.split(".", 1)
    if exists(connection, f"{RETIRED}.{name}"):
        free_name = f"{schema[:12]}_{name[:50]}"
        connection.execute(sql.SQL("alter table {} rename to {}").format(identifier(relation), sql.Identifier(free_name)))
        name = free_name
    connection.execute(sql.SQL("alter table {} set schema {}").format(sql.Identifier(schema, name), sql.Identifier(RETIRED)))
    return f"{RETIRED}.{name}"


def place_table(connection: psycopg.Connection, relation: str, source_schema: str) -> None:
    """Move a table that was filled in another schema to its place, with the grants of the table that it replaces.

    Args:
        connection: An administrator's.
        relation: The table, as schema.name.
        source_schema: The schema in which it was filled.
    """
    schema, name = relation.split(".", 1)
    indexes = _indexes(connection, relation)
    old = retire(connection, relation) if exists(connection, relation) else None
    connection.execute(sql.SQL("alter table {} set schema {}").format(sql.Identifier(source_schema, name), sql.Identifier(schema)))
    _copy_grants(connection, old, relation)
    _place_earlier_indexes(connection, relation, indexes)


def refuse_losses(connection: psycopg.Connection, relation: str, successor: str | None = None) -> None:
    """Refuse to replace a relation that would lose parts, such as triggers.

    Args:
        connection: An administrator's.
        relation: The relation that is replaced, as schema.name.
        successor: The one that takes its place, as schema.name; None: it has no parts yet.

    Raises:
        BuildError: The successor does not have all parts of the relation.
    """
    parts = parts_of_relation(connection, relation)
    kept = parts_of_relation(connection, successor) if successor else {}
    if lost := sorted(name for part, name in parts.items() if part not in kept):
        raise BuildError(
            f"{relation} is replaced by this version and would lose {', '.join(lost)}:"
            " drop them, deploy, and create them again if they still apply"
        )


def refuse_existing_schema(connection: psycopg.Connection, name: str, owner: str | None = None) -> None:
    """Refuse a schema of a name that the deployment creates and drops, if it exists already.

    Args:
        connection: The transformer's, or an administrator's.
        name: The schema.
        owner: A schema of this owner is the deployment's own.

    Raises:
        BuildError: There is a schema of this name and of another owner.
    """
    row = connection.execute("select pg_get_userbyid(nspowner) from pg_namespace where nspname = %s", [name]).fetchone()
    if row and row[0] != owner:
        raise BuildError(f"the schema {name} of {row[0]} exists, and a deployment creates and drops one of this name: rename or drop it")


@contextmanager
def refusal(subject: str) -> Iterator[None]:
    """Make a BuildError of what PostgreSQL refuses to do with a subject. The detail of the server is left out: it quotes values.

    Raises:
        BuildError: PostgreSQL refused a statement of the block.
    """
    try:
        yield
    except psycopg.DataError as error:  # its message quotes values too
        raise BuildError(f"{subject} cannot be deployed: {type(error).__name__}; every relation is as it was") from None
    except (psycopg.ProgrammingError, psycopg.IntegrityError, psycopg.NotSupportedError, psycopg.InternalError) as error:
        raise BuildError(f"{subject} cannot be deployed: {error.diag.message_primary}; every relation is as it was") from None


def place_routine(connection: psycopg.Connection, statement: str) -> None:
    """Create or replace a function. One whose result has other columns is dropped before, and keeps its grants and comment.

    Raises:
        BuildError: The function must be dropped, and other objects depend on it.
    """
    try:
        with connection.transaction(), acting_as(connection, OWNER):
            connection.execute(statement.encode())
        return
    except errors.InvalidFunctionDefinition:
        name = re.search(r"create or replace function\s+([\w.]+)", statement, re.IGNORECASE)
        rows = connection.execute(
            "select oid::regprocedure::text, obj_description(oid, 'pg_proc') from pg_proc"
            " where pronamespace::regnamespace || '.' || proname = %s and pg_get_userbyid(proowner) = %s",
            [name and name[1], OWNER],
        ).fetchall()
        if len(rows) != 1:
            raise
    signature, comment = rows[0]
    grants = connection.execute(read_sql(__package__, "grants_of_routine"), {"routine": signature}).fetchall()
    try:
        connection.execute(sql.SQL("drop function {}").format(sql.SQL(signature)))
    except errors.DependentObjectsStillExist as error:
        raise BuildError(
            f"the function {signature} has other columns in this version, and something depends on it: {error.diag.message_detail};"
            " drop that, deploy, and create it again"
        ) from error
    with acting_as(connection, OWNER):
        connection.execute(statement.encode())
    for (grant,) in grants:
        connection.execute(grant.encode())
    if comment:
        connection.execute(sql.SQL("comment on function {} is {}").format(sql.SQL(signature), sql.Literal(comment)))


def _indexes(connection: psycopg.Connection, relation: str) -> dict[str, tuple[str, str]]:
    """Name and definition of each index that no constraint made: what comes before the name of the table, and what comes after it."""
    rows = connection.execute(read_sql(__package__, "index_definitions"), {"relation": _quoted(relation)}).fetchall()
    return {name: (head, tail) for name, head, tail in rows}


def _place_earlier_indexes(connection: psycopg.Connection, relation: str, earlier: dict[str, tuple[str, str]]) -> None:
    """Create again the indexes that a user created on the table that was replaced; dbt, which names its own by a digest, does not."""
    present = _indexes(connection, relation)
    for name, definition in earlier.items():
        if name in present or definition in present.values() or re.fullmatch("[0-9a-f]{32}", name):
            continue
        head, tail = map(sql.SQL, definition)
        with refusal(f"the index {name} on {relation}"), acting_as(connection, OWNER):
            connection.execute(sql.SQL("{} {} on {} {}").format(head, sql.Identifier(name), identifier(relation), tail))


def place_indexes(connection: psycopg.Connection, relation: str, indexes: Iterable[Index]) -> None:
    """Create the declared indexes that a table lacks; dbt creates those of a new table alone. Blocks its writers, and no reader.

    Args:
        connection: An administrator's.
        relation: The table, as schema.name.
        indexes: Those that its model declares.
    """
    present = connection.execute(read_sql(__package__, "indexes_of_table"), {"relation": _quoted(relation)}).fetchall()
    for index in indexes:
        if (list(index.columns), index.is_unique) not in present:
            with acting_as(connection, OWNER):
                connection.execute(
                    sql.SQL("create {}index on {} ({})").format(
                        sql.SQL("unique " if index.is_unique else ""),
                        identifier(relation),
                        sql.SQL(", ").join(map(sql.Identifier, index.columns)),
                    )
                )


class Change(Enum):
    """How a view must change to have another query."""

    NONE = "it has that query and those options already"
    CREATE = "it does not exist"
    ALTER = "it keeps its columns, perhaps with new ones after them: it stays the same object"
    REPLACE = "other columns: another object takes its name"


def change_of_view(connection: psycopg.Connection, relation: str, query: str, options: str | None = None) -> Change:
    """How the view must change to have this query and options, given the relations that exist now. Takes no lock that blocks a reader.

    Args:
        connection: An administrator's.
        relation: The view, as schema.name.
        query: The query that it must have.
        options: Its options, such as security_barrier=true.
    """
    if not exists(connection, relation):
        return Change.CREATE
    try:
        with connection.transaction():
            connection.execute(
                sql.SQL("create temporary view {}{} as {}").format(sql.Identifier(CANDIDATE), _with(options), sql.SQL(query))
            )
    except psycopg.ProgrammingError:
        return Change.REPLACE  # it reads a relation that does not exist yet
    views = {"candidate": f"pg_temp.{CANDIDATE}", "relation": _quoted(relation)}
    same, old, new = connection.execute(read_sql(__package__, "compare_views"), views).fetchone() or (False, [], [])
    connection.execute(sql.SQL("drop view {}").format(sql.Identifier("pg_temp", CANDIDATE)))
    if same:
        return Change.NONE
    return Change.ALTER if new[: len(old)] == old else Change.REPLACE


def place_view(connection: psycopg.Connection, relation: str, query: str, options: str | None = None) -> None:
    """Give a view this query and these options. Where the columns allow it, it stays the same object.

    Args:
        connection: An administrator's.
        relation: The view, as schema.name.
        query: The query that it must have.
        options: Its options, such as security_barrier=true.
    """
    if change_of_view(connection, relation, query, options) is not Change.NONE:
        _replace_view(connection, relation, query, OWNER, options)


def place_dependent(connection: psycopg.Connection, view: DependentView) -> None:
    """Define a user's view again by its own text, when a relation that it reads was replaced.

    Raises:
        BuildError: When that is impossible.
    """
    row = connection.execute("select rtrim(pg_get_viewdef(%s::oid), ';')", [view.oid]).fetchone()
    if row and row[0] == view.definition:
        return
    if view.kind != "v":
        raise BuildError(
            f"the materialized view {view.relation} of {view.owner} reads relations that this version replaces:"
            " drop it, deploy, and create it again"
        )
    try:
        _replace_view(connection, view.relation, view.definition, view.owner, view.options)
    except psycopg.ProgrammingError as error:
        raise BuildError(
            f"the view {view.relation} of {view.owner} cannot be kept: {error.diag.message_primary};"
            " change or drop that view, then deploy again"
        ) from error


def drop_retired(connection: psycopg.Connection) -> None:
    """Drop the schema of what was replaced.

    Raises:
        BuildError: The message names what still depends on it.
    """
    rows = connection.execute(
        "select relname, relkind::text from pg_class where relnamespace = to_regnamespace(%s) and relkind in ('r', 'v')",
        [RETIRED],
    ).fetchall()
    try:
        for kind, word in (("v", "view"), ("r", "table")):
            names = [sql.Identifier(RETIRED, name) for name, found in rows if found == kind]
            if names:
                connection.execute(sql.SQL("drop {} {}").format(sql.SQL(word), sql.SQL(", ").join(names)))
        connection.execute(sql.SQL("drop schema {}").format(sql.Identifier(RETIRED)))
    except errors.DependentObjectsStillExist as error:
        raise BuildError(
            f"something else depends on a relation that this version replaces: {error.diag.message_detail}; drop it, then deploy again"
        ) from error


def place_comments(connection: psycopg.Connection, relation: str, descriptions: dict[str, str]) -> None:
    """Write the descriptions of a relation ('') and its columns where they differ from the catalog's.

    Args:
        connection: An administrator's.
        relation: The relation, as schema.name.
        descriptions: Column, or '' for the relation -> its description.
    """
    current = _comments(connection, relation)
    columns = connection.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        [_quoted(relation)],
    ).fetchall()
    row = connection.execute("select relkind::text from pg_class where oid = to_regclass(%s)", [_quoted(relation)]).fetchone()
    assert row
    word = sql.SQL({"v": "view", "r": "table"}[row[0]])
    statements = []
    if descriptions.get("") and descriptions[""] != current.get(""):
        statements.append(sql.SQL("comment on {} {} is {}").format(word, identifier(relation), sql.Literal(descriptions[""])))
    for (column,) in columns:
        text = descriptions.get(column)
        if text and text != current.get(column):
            statements.append(
                sql.SQL("comment on column {}.{} is {}").format(identifier(relation), sql.Identifier(column), sql.Literal(text))
            )
    if statements:
        connection.execute(sql.SQL("; ").join(statements))


def _replace_view(connection: psycopg.Connection, relation: str, query: str, owner: str, options: str | None = None) -> None:
    statement = sql.SQL("create or replace view {}{} as {}").format(identifier(relation), _with(options), sql.SQL(query))
    try:
        with connection.transaction(), acting_as(connection, owner):
            connection.execute(statement)
    except (errors.InvalidTableDefinition, errors.WrongObjectType):
        # columns that changed their name, type or order, or were removed: PostgreSQL replaces only a view that keeps its columns
        refuse_losses(connection, relation)
        old = retire(connection, relation)
        with acting_as(connection, owner):
            connection.execute(statement)
        _copy_grants(connection, old, relation)
        place_comments(connection, relation, _comments(connection, old))


def _with(options: str | None) -> sql.Composable:
    return sql.SQL(" with ({})").format(sql.SQL(options)) if options else sql.SQL("")


def _comments(connection: psycopg.Connection, relation: str) -> dict[str, str]:
    """The comments of a relation ('') and of its columns."""
    return dict(connection.execute(read_sql(__package__, "comments_of_relation"), {"relation": _quoted(relation)}).fetchall())


def _copy_grants(connection: psycopg.Connection, source: str | None, target: str) -> None:
    """Give a new relation the grants of the one that it replaces; without one, those that its schema gives to new relations by default."""
    granted = connection.execute(
        read_sql(__package__, "grants_to_copy"),
        {"source": source and _quoted(source), "target": _quoted(target), "schema": target.split(".", 1)[0], "owner": OWNER},
    ).fetchall()
    present = connection.execute(
        "select distinct case grantee when 0 then null else pg_get_userbyid(grantee) end from pg_class, aclexplode(relacl)"
        " where oid = to_regclass(%s) and grantee <> relowner",
        [_quoted(target)],
    ).fetchall()
    for (role,) in present:
        connection.execute(sql.SQL("revoke all on {} from {}").format(identifier(target), _role(role)))
    for role, privilege, grantable, column in granted:
        privilege_text = sql.SQL("{} ({})").format(sql.SQL(privilege), sql.Identifier(column)) if column else sql.SQL(privilege)
        connection.execute(
            sql.SQL("grant {} on {} to {}{}").format(
                privilege_text, identifier(target), _role(role), sql.SQL(" with grant option") if grantable else sql.SQL("")
            )
        )


def _role(name: str | None) -> sql.Composable:
    return sql.Identifier(name) if name else sql.SQL("public")


def _quoted(relation: str) -> str:
    return identifier(relation).as_string()
