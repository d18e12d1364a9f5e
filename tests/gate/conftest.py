"""A warehouse that the tests of one module share, and the gate of each feed on it."""

import secrets as random
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import conninfo, sql
from staged import Gate


@pytest.fixture(scope="module")
def module_warehouse(server, template) -> Iterator[str]:
    """A fresh warehouse for a whole module, cloned from the template."""
    name = f"lmw_gate_{random.token_hex(4)}"
    with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template)))
        admin.execute(sql.SQL("grant connect, temporary on database {} to public").format(sql.Identifier(name)))
    dsn = conninfo.make_conninfo(server.admin_dsn, dbname=name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DSN", dsn)
        yield dsn
    with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def gate_of(module_warehouse) -> Iterator[Callable[[str], Gate]]:
    """Makes the gate of a feed; all are closed when the module is done."""
    made: list[Gate] = []

    def of(feed: str) -> Gate:
        made.append(Gate(feed))
        return made[-1]

    yield of
    for gate in made:
        gate.close()
