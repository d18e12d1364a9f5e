"""An own database on the shared server, for tests of what is made in it."""

import secrets as random
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from labour_market.database import connect
from psycopg import conninfo, sql
from simulator import Gateway, Province, build_province, serve
from simulator.files import CSV

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


@pytest.fixture(scope="module")
def province(tmp_path_factory) -> Province:
    return build_province(tmp_path_factory.mktemp("province"), scale=0.03, scenario="clean")


@pytest.fixture
def gateway(province, warehouse, monkeypatch, tmp_path) -> Iterator[Gateway]:
    """Gateways without any delivery yet."""
    with serve(replace(province, deliveries=())) as served:
        served.write_senders(tmp_path / "senders.yml")
        monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))
        yield served


@pytest.fixture
def loader(warehouse) -> Iterator[psycopg.Connection]:
    with connect("loader", autocommit=True) as connection:
        yield connection


@pytest.fixture
def original(province):
    """A register of employers that a district sends as CSV."""
    registers = [d for d in province.deliveries if d.announcement["feed"] == "employers" and d.announcement["media_type"] == CSV]
    return max(registers, key=lambda delivery: delivery.announcement["record_count"])
