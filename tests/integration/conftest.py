"""An own database on the shared server, for tests of what is made in it."""

import secrets as random
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import conninfo, sql

from tests.conftest import Server


@pytest.fixture
def database(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The administrator's DSN of a database that does not exist yet; WAREHOUSE_DSN names it. It is dropped at the end."""
    name = f"lmw_empty_{random.token_hex(4)}"
    dsn = conninfo.make_conninfo(server.admin_dsn, dbname=name)
    monkeypatch.setenv("WAREHOUSE_DSN", dsn)
    yield dsn
    with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
