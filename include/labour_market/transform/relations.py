"""Tables and views replaced in place, in one transaction: what reads them goes on, and grants, comments and owners stay.

PostgreSQL binds a view to the relations that it reads, not to their names. So a relation that cannot be altered is moved to the
schema `retired`, its successor takes its name, each view that reads it is defined again by its own text, and then the old relation
is dropped, never with cascade.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from graphlib import TopologicalSorter

import psycopg
from psycopg import errors, sql

from labour_market.transform.dbt import BuildError
from labour_market.transform.project import Index

OWNER = "transformer"  # of every relation of the project
RETIRED = "retired"
LOCK_TIMEOUT = "900ms"  # below deadlock_timeout (1 s), so that in a deadlock PostgreSQL never ends the reader
CANDIDATE = "deployment_candidate"


@dataclass(frozen=True)
class Dependent:
    """A relation that is no model of the project and reads one, directly or by other views."""

    oid: int
    schema: str
    name: str
    kind: str
    owner: str
    options: str | None
    definition: str

    @property
    def relation(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}"


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
    for relation, column, of_type in connection.execute(
        "select n.nspname || '.' || c.relname, a.attname, format_type(a.atttypid, a.atttypmod)"
        " from pg_attribute as a join pg_class as c on c.oid = a.attrelid join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname = any(%s) and c.relkind in ('r', 'v') and a.attnum > 0 and not a.attisdropped order by c.oid, a.attnum",
        [schemas],
    ):
        found.setdefault(relation, []).append((column, of_type))
    return found


def canonical_type(connection: psycopg.Connection, name: str) -> str:
    """The name that PostgreSQL itself gives to a type: timestamptz is timestamp with time zone."""
    row = connection.execute("select format_type(to_regtype(%s), to_regtypemod(%s))", [name, name]).fetchone()
    assert row
    return str(row[0])


def dependents(connection: psycopg.Connection, schemas: list[str], models: list[str]) -> list[Dependent]:
    """Views and materialized views that are no models and read relations of these schemas, each after those that it reads."""
    rows = connection.execute(
        """
        with recursive reads as (
            select distinct rule.ev_class as reader, d.refobjid as read
            from pg_depend as d join pg_rewrite as rule on d.classid = 'pg_rewrite'::regclass and d.objid = rule.oid
            where d.refclassid = 'pg_class'::regclass and rule.ev_class <> d.refobjid
        ),
        reader as (
            select reads.reader, 1 as depth
            from reads join pg_class as c on c.oid = reads.read join pg_namespace as n on n.oid = c.relnamespace
            where n.nspname = any(%(schemas)s)
            union
            select reads.reader, reader.depth + 1 from reader join reads on reads.read = reader.reader
        )
        select
            c.oid, n.nspname, c.relname, c.relkind::text, pg_get_userbyid(c.relowner), array_to_string(c.reloptions, ', '),
            pg_get_viewdef(c.oid)
        from reader join pg_class as c on c.oid = reader.reader join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname || '.' || c.relname <> all(%(models)s) and n.nspname !~ '^pg_temp'
        group by c.oid, n.nspname, c.relname, c.relkind, c.relowner, c.reloptions
        order by max(reader.depth), 2, 3
        """,
        {"schemas": schemas, "models": models},
    ).fetchall()
    return [Dependent(*row) for row in rows]


def readers(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """Pairs of a view and a relation that it reads itself, each as schema.name."""
    return connection.execute(
        """
        select distinct view_schema.nspname || '.' || view.relname, read_schema.nspname || '.' || read.relname
        from pg_depend as d
        join pg_rewrite as rule on d.classid = 'pg_rewrite'::regclass and d.objid = rule.oid
        join pg_class as view on view.oid = rule.ev_class
        join pg_namespace as view_schema on view_schema.oid = view.relnamespace
        join pg_class as read on read.oid = d.refobjid
        join pg_namespace as read_schema on read_schema.oid = read.relnamespace
        where d.refclassid = 'pg_class'::regclass and view.oid <> read.oid and not pg_is_other_temp_schema(view.relnamespace)
        """
    ).fetchall()


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
    referencing = connection.execute(
        "select distinct n.nspname || '.' || c.relname from pg_constraint as f join pg_class as c on c.oid = f.conrelid"
        " join pg_namespace as n on n.oid = c.relnamespace join pg_class as t on t.oid = f.confrelid"
        " join pg_namespace as tn on tn.oid = t.relnamespace where f.contype = 'f' and tn.nspname || '.' || t.relname = any(%s)",
        [sorted(replaced)],
    ).fetchall()
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
    """Move a table that was filled in another schema to its place, with the grants of the table that it replaces."""
    schema, name = relation.split(".", 1)
    old = retire(connection, relation) if exists(connection, relation) else None
    connection.execute(sql.SQL("alter table {} set schema {}").format(sql.Identifier(source_schema, name), sql.Identifier(schema)))
    _copy_grants(connection, old, relation)


def place_indexes(connection: psycopg.Connection, relation: str, indexes: Iterable[Index]) -> None:
    """Create the declared indexes that a table lacks; dbt creates those of a new table alone. Blocks its writers, and no reader."""
    present = connection.execute(
        "select array(select a.attname::text from unnest(i.indkey) with ordinality as k (attnum, place)"
        " join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum order by k.place), i.indisunique"
        " from pg_index as i where i.indrelid = to_regclass(%s) and i.indpred is null and i.indexprs is null",
        [_quoted(relation)],
    ).fetchall()
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

    NONE = "it has that query already"
    CREATE = "it does not exist"
    ALTER = "it keeps its columns, perhaps with new ones after them: it stays the same object"
    REPLACE = "other columns: another object takes its name"


def change_of_view(connection: psycopg.Connection, relation: str, query: str) -> Change:
    """How the view must change to have this query, given the relations that exist now. Takes no lock that blocks a reader."""
    if not exists(connection, relation):
        return Change.CREATE
    try:
        with connection.transaction():
            connection.execute(sql.SQL("create temporary view {} as {}").format(sql.Identifier(CANDIDATE), sql.SQL(query)))
    except psycopg.ProgrammingError:
        return Change.REPLACE  # it reads a relation that does not exist yet
    same, old, new = connection.execute(
        "select relkind = 'v' and pg_get_viewdef(oid) = pg_get_viewdef(to_regclass(%(candidate)s)),"
        " array(select attname || ' ' || format_type(atttypid, atttypmod) from pg_attribute"
        "  where attrelid = c.oid and attnum > 0 and not attisdropped order by attnum),"
        " array(select attname || ' ' || format_type(atttypid, atttypmod) from pg_attribute"
        "  where attrelid = to_regclass(%(candidate)s) and attnum > 0 order by attnum)"
        " from pg_class as c where oid = to_regclass(%(relation)s)",
        {"candidate": f"pg_temp.{CANDIDATE}", "relation": _quoted(relation)},
    ).fetchone() or (False, [], [])
    connection.execute(sql.SQL("drop view {}").format(sql.Identifier("pg_temp", CANDIDATE)))
    if same:
        return Change.NONE
    return Change.ALTER if new[: len(old)] == old else Change.REPLACE


def place_view(connection: psycopg.Connection, relation: str, query: str) -> None:
    """Give a view this query. Where the columns allow it, it stays the same object."""
    if change_of_view(connection, relation, query) is not Change.NONE:
        _replace_view(connection, relation, query, OWNER)


def place_dependent(connection: psycopg.Connection, view: Dependent) -> None:
    """Define a user's view again by its own text, when a relation that it reads was replaced. Raises BuildError when that is impossible."""
    row = connection.execute("select pg_get_viewdef(%s::oid)", [view.oid]).fetchone()
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
    """Drop the schema of what was replaced. Raises BuildError naming what still depends on it."""
    rows = connection.execute(
        "select c.relname, c.relkind::text from pg_class as c where c.relnamespace = to_regnamespace(%s) and c.relkind in ('r', 'v')",
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
    """Write the descriptions of a relation ('') and its columns where they differ from the catalog's."""
    current = _comments(connection, relation)
    columns = connection.execute(
        "select a.attname from pg_attribute as a where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped",
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
    head = sql.SQL(" with ({})").format(sql.SQL(options)) if options else sql.SQL("")
    statement = sql.SQL("create or replace view {}{} as {}").format(identifier(relation), head, sql.SQL(query))
    try:
        with connection.transaction(), acting_as(connection, owner):
            connection.execute(statement)
    except (errors.InvalidTableDefinition, errors.WrongObjectType):
        # columns that changed their name, type or order, or were removed: PostgreSQL replaces only a view that keeps its columns
        old = retire(connection, relation)
        with acting_as(connection, owner):
            connection.execute(statement)
        _copy_grants(connection, old, relation)
        place_comments(connection, relation, _comments(connection, old))


def _comments(connection: psycopg.Connection, relation: str) -> dict[str, str]:
    """The comments of a relation ('') and of its columns."""
    return dict(
        connection.execute(
            "select coalesce(a.attname, ''), d.description from pg_description as d"
            " left join pg_attribute as a on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0"
            " where d.classoid = 'pg_class'::regclass and d.objoid = to_regclass(%s)",
            [_quoted(relation)],
        ).fetchall()
    )


def _copy_grants(connection: psycopg.Connection, source: str | None, target: str) -> None:
    """Give a new relation the grants of the one that it replaces; without one, those that its schema gives to new relations by default."""
    granted = connection.execute(
        """
        with acl as (
            select coalesce(
                (select c.relacl from pg_class as c where c.oid = to_regclass(%(source)s)),
                (select d.defaclacl from pg_default_acl as d join pg_namespace as n on n.oid = d.defaclnamespace
                 where n.nspname = %(schema)s and d.defaclobjtype = 'r' and d.defaclrole = %(owner)s::regrole
                 and to_regclass(%(source)s) is null),
                acldefault('r', %(owner)s::regrole)
            ) as items
        ),
        item as (
            select grantee, privilege_type, is_grantable, null as column_name from acl, aclexplode(acl.items)
            union all
            select e.grantee, e.privilege_type, e.is_grantable, a.attname
            from pg_attribute as a, aclexplode(a.attacl) as e
            where a.attrelid = to_regclass(%(source)s) and exists (
                select from pg_attribute as b where b.attrelid = to_regclass(%(target)s) and b.attname = a.attname and not b.attisdropped
            )
        )
        select case grantee when 0 then null else pg_get_userbyid(grantee) end, privilege_type, is_grantable, column_name
        from item where grantee <> (select relowner from pg_class where oid = to_regclass(%(target)s))
        """,
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
