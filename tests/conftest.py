"""A real PostgreSQL for every test that needs one: started and provisioned once, cloned for each test in a moment."""

import os
import secrets as random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from psycopg import conninfo, sql

TEMPLATE = "lmw_template"
WARM_DBT = str(Path(__file__).with_name("warm_dbt.py"))
SHARED_SERVER = "LMW_TEST_SERVER"  # the administrator's DSN of a server with the template, for many runs (tests/mutants)

# a slow machine is no failure
hypothesis_settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("any machine")
if SHARED_SERVER in os.environ:  # of a mutant only the first failure counts, and no example of another one
    hypothesis_settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None)
    hypothesis_settings.load_profile("mutants")


@dataclass(frozen=True)
class Server:
    """A running throw-away server: its admin DSN and the home that holds its secrets."""

    admin_dsn: str
    home: Path


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def program(*names: str) -> str:
    """The path of a program by the first of its names that is there; without it the test is skipped, and fails where all must run."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        if os.environ.get("LMW_REQUIRE_PROGRAMS"):
            pytest.fail(f"LMW_REQUIRE_PROGRAMS is set and {names[0]} is not installed")
        pytest.skip(f"no {names[0]} on this machine; `make programs` as root installs it")
    return found


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The embedded PostgreSQL in a folder of its own, on a free port; or the one that many runs share."""
    from labour_market.local_stack.postgres import start_server, stop_server

    if shared := os.environ.get(SHARED_SERVER):
        yield Server(shared, Path(os.environ["LMW_HOME"]))
        return
    home = Path(tempfile.mkdtemp(prefix="lmw-test-"))
    saved = {name: os.environ.get(name) for name in ("LMW_HOME", "LMW_PG_PORT", "WAREHOUSE_DSN", "LMW_SENDERS")}
    os.environ.update(LMW_HOME=str(home), LMW_PG_PORT=str(free_port()))
    os.environ.pop("WAREHOUSE_DSN", None)
    os.environ.pop("LMW_SENDERS", None)
    try:
        yield Server(start_server(home), home)
    finally:
        stop_server(home)
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def warm_dbt() -> Iterator[None]:
    """The builds of this process run in forks of one that has loaded dbt; those of the commands that tests start load it themselves."""
    from labour_market.transform import dbt

    with tempfile.TemporaryDirectory(prefix="lmw-") as folder, pytest.MonkeyPatch.context() as patch:
        address = f"{folder}/dbt"  # below pytest's folder it might be longer than a socket may be
        with subprocess.Popen(
            [sys.executable, "-P", WARM_DBT, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin and process.stdout
            patch.setenv("LMW_TEST_SPACES", process.stdout.readline())
            patch.setattr(dbt, "COMMAND", (sys.executable, "-I", "-S", WARM_DBT, address))
            yield
            process.stdin.close()


@pytest.fixture(scope="session")
def template(server: Server, warm_dbt: None) -> str:
    """The name of a provisioned database with its reference lists and empty marts, to be cloned."""
    if SHARED_SERVER not in os.environ:
        make_template(server)
    return TEMPLATE


def make_template(server: Server) -> None:
    """Make the database that tests clone."""
    from labour_market.database import provision
    from labour_market.transform import deploy_models

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DSN", conninfo.make_conninfo(server.admin_dsn, dbname=TEMPLATE))
        provision()
        deploy_models()


@pytest.fixture(scope="session")
def clone(server: Server, template: str) -> Callable[[], AbstractContextManager[str]]:
    """`with clone() as dsn`: a fresh warehouse with its reference lists and empty marts, dropped at the end."""

    from labour_market.database import access

    @contextmanager
    def fresh() -> Iterator[str]:
        name = f"lmw_test_{random.token_hex(4)}"
        dsn = conninfo.make_conninfo(server.admin_dsn, dbname=name)
        with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
            # of runs that share a server, one at a time: the roles are of the server, and the script changes them
            admin.execute("select pg_advisory_lock(hashtextextended('lmw.test', 0))")
            admin.execute(sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template)))
            with psycopg.connect(dsn) as owner:
                owner.execute(access.SCRIPT.read_bytes())  # the rights on a database are not copied with it
        yield dsn
        with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    return fresh


@pytest.fixture
def warehouse(clone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A fresh warehouse; LMW_HOME and WAREHOUSE_DSN point at it. Gives its admin DSN."""
    with clone() as dsn:
        monkeypatch.setenv("WAREHOUSE_DSN", dsn)
        monkeypatch.setenv("LMW_LANDING", str(tmp_path / "landing"))
        yield dsn
