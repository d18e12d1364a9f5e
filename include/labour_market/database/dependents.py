"""Views that read other relations.

PostgreSQL does not change the type of a column that a view reads, so such views are dropped and created again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import errors, sql

from labour_market.database.sql_files import read_sql
from labour_market.errors import LabourMarketError


class ViewConflictError(LabourMarketError):
    """A view cannot be created again with everything that it has, or by its owner."""


@dataclass(frozen=True)
class DependentView:
    """A view or a materialized view that reads a relation, directly or by other views; definition: without a semicolon."""

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

    @property
    def word(self) -> str:
        """Its kind in SQL."""
        return "materialized view" if self.kind == "m" else "view"

    @property
    def identifier(self) -> sql.Identifier:
        """The name with its schema, quoted."""
        return sql.Identifier(self.schema, self.name)


def dependent_views(connection: psycopg.Connection, relations: Sequence[int | str], except_for: Sequence[str] = ()) -> list[DependentView]:
    """The views that read one of some relations, directly or by other views; each after those that it reads itself.

    Args:
        connection: of any role.
        relations: each as its oid or as schema.name.
        except_for: views that are left out, as schema.name; those that read them are found. Temporary views are left out too.

    Raises:
        ViewConflictError: a schema has a dot in its name, so that schema.name does not name the view.
    """
    parameters = {"relations": list(map(str, relations)), "except_for": list(except_for)}
    views = [DependentView(*row) for row in connection.execute(read_sql(__package__, "dependent_views"), parameters)]
    for view in views:
        if "." in view.schema:
            raise ViewConflictError(
                f"the {view.word} {view.identifier.as_string()} is in a schema with a dot in its name: rename the schema"
            )
    return views


@contextmanager
def views_recreated(admin: psycopg.Connection, relation: str) -> Iterator[None]:
    """Drop the views that depend on a relation and create them again at the end, with their owners, rights and comments.

    To be used in one transaction: no other session sees a view missing. Each view is created, and a materialized one filled, as its
    owner: what it calls has the rights of the owner, never those of the administrator.

    Raises:
        psycopg.Error: a view cannot be created again on the changed relation, or another kind of object depends on it.
        ViewConflictError: a view has parts that would be lost, or its owner may not create it.
    """
    with _written_with_schemas(admin):
        views = dependent_views(admin, [relation])
        details = {view.oid: _details(admin, view) for view in views}
        filled = {oid for (oid,) in admin.execute("select oid from pg_class where relkind = 'm' and relispopulated")}
    for view in views:
        if parts := parts_of_relation(admin, view.relation):
            raise ViewConflictError(
                f"the {view.word} {view.relation} of {view.owner} would lose {', '.join(sorted(parts.values()))}:"
                " drop them, or the view, and create them again afterwards"
            )
    for view in reversed(views):
        admin.execute(sql.SQL("drop {} {}").format(sql.SQL(view.word), view.identifier))
    yield
    with _written_with_schemas(admin):
        for view in views:
            admin.execute(sql.SQL("set local role {}").format(sql.Identifier(view.owner)))
            options = sql.SQL(" with ({})").format(sql.SQL(view.options)) if view.options else sql.SQL("")
            without_rows = sql.SQL(" with no data" if view.kind == "m" else "")
            statement = sql.SQL("create {} {}{} as {}{}")
            try:
                admin.execute(statement.format(sql.SQL(view.word), view.identifier, options, sql.SQL(view.definition), without_rows))
            except errors.InsufficientPrivilege as error:
                raise ViewConflictError(
                    f"the {view.word} {view.relation} cannot be created again by its owner {view.owner}: {error.diag.message_primary};"
                    " grant what is lacking, or drop it"
                ) from error
            if view.oid in filled:
                admin.execute(sql.SQL("refresh materialized view {}").format(view.identifier))
            _revoke_default_rights(admin, view)
            for detail in details[view.oid]:
                admin.execute(detail.encode())
            admin.execute("reset role")


def parts_of_relation(connection: psycopg.Connection, relation: str) -> dict[tuple[str, str], str]:
    """What an object that takes the place of a relation does not have by itself: triggers, rules, policies and the like.

    Returns:
        The name of each part with its kind, such as `trigger fct_plan_audit`, by its kind and its definition.
    """
    rows = connection.execute(read_sql(__package__, "parts_of_relation"), {"relation": sql.Identifier(*relation.split(".", 1)).as_string()})
    return {(kind, definition): f"{kind} {name}".strip() for kind, name, definition in rows}


def _revoke_default_rights(admin: psycopg.Connection, view: DependentView) -> None:
    """Take back the rights that the defaults of its owner give to a new view."""
    rows = admin.execute(
        "select distinct case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end"
        " from pg_class cross join aclexplode(relacl) where oid = to_regclass(%s) and grantee <> relowner",
        [view.identifier.as_string()],
    ).fetchall()
    for (role,) in rows:
        admin.execute(sql.SQL("revoke all on {} from {}").format(view.identifier, sql.SQL(role)))


@contextmanager
def _written_with_schemas(admin: psycopg.Connection) -> Iterator[None]:
    """Names in definitions have their schema, so that they mean the same to each role."""
    row = admin.execute("select current_setting('search_path'), set_config('search_path', '', true)").fetchone()
    yield
    admin.execute("select set_config('search_path', %s, true)", [row and row[0]])


def _details(admin: psycopg.Connection, view: DependentView) -> list[str]:
    """The statements that give a view its rights, comments and indexes."""
    return [statement for (statement,) in admin.execute(read_sql(__package__, "view_details"), {"view": view.oid})]
