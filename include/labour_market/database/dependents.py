"""Views that read other relations.

PostgreSQL does not change the type of a column that a view reads, so such views are dropped and created again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from labour_market.database.sql_files import read_sql


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
    def identifier(self) -> sql.Identifier:
        """The name with its schema, quoted."""
        return sql.Identifier(self.schema, self.name)


def dependent_views(connection: psycopg.Connection, relations: Sequence[int | str], except_for: Sequence[str] = ()) -> list[DependentView]:
    """The views that read one of some relations, directly or by other views; each after those that it reads itself.

    Args:
        connection: of any role.
        relations: each as its oid or as schema.name.
        except_for: views that are left out, as schema.name; those that read them are found. Temporary views are left out too.
    """
    parameters = {"relations": list(map(str, relations)), "except_for": list(except_for)}
    return [DependentView(*row) for row in connection.execute(read_sql(__package__, "dependent_views"), parameters)]


@contextmanager
def views_recreated(admin: psycopg.Connection, relation: str) -> Iterator[None]:
    """Drop the views that depend on a relation and create them again at the end, with their owners, rights and comments.

    To be used in one transaction: no other session sees a view missing.

    Raises:
        psycopg.Error: a view cannot be created again on the changed relation, or another kind of object depends on it.
    """
    views = dependent_views(admin, [relation])
    details = {view.oid: _details(admin, view) for view in views}
    for view in reversed(views):
        admin.execute(sql.SQL("drop {} {}").format(sql.SQL("materialized view" if view.kind == "m" else "view"), view.identifier))
    yield
    for view in views:
        options = sql.SQL(" with ({})").format(sql.SQL(view.options)) if view.options else sql.SQL("")
        definition = sql.SQL(view.definition)
        kind = sql.SQL("materialized view" if view.kind == "m" else "view")
        admin.execute(sql.SQL("create {} {}{} as {}").format(kind, view.identifier, options, definition))
        admin.execute(sql.SQL("alter {} {} owner to {}").format(kind, view.identifier, sql.Identifier(view.owner)))
        for statement in details[view.oid]:
            admin.execute(statement.encode())


def _details(admin: psycopg.Connection, view: DependentView) -> list[str]:
    """The statements that give a view its rights, comments and indexes."""
    return [statement for (statement,) in admin.execute(read_sql(__package__, "view_details"), {"view": view.oid})]
