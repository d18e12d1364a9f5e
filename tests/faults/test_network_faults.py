"""Faults of the network between a process and the database, and of the local stack."""

import contextlib
import ctypes
import os
import random
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest
from labour_market import transform
from labour_market.database import connections
from labour_market.errors import LabourMarketError
from labour_market.ingestion.loading import load
from labour_market.local_stack import postgres, processes, stack
from psycopg import conninfo

from tests.conftest import Server, free_port, program
from tests.faults import fault
from tests.faults.interruption import Forked, Point, forked, wrap
from tests.faults.offices import Office
from tests.faults.oracle import check_atomic, check_office
from tests.faults.test_killed_processes import LOADING, PUBLICATION
from tests.faults.watching import Watcher

CLONE_NEWNET = 0x40000000
LOST_SECONDS = 6
CUT_POINTS = [
    Point(f"{PUBLICATION}.write_core", "after"),  # locks are held
    Point("psycopg:Copy.write", "after"),
    Point("labour_market.quality.gate:_run_suite"),
    Point(f"{LOADING}:publish_batch", "after"),
    Point(f"{LOADING}:Load.stage", "after"),
    Point("labour_market.quality.gate:_write_failures", "after"),
]


@dataclass
class Elsewhere:
    """Another machine: a network of its own, with one cable to the server."""

    name: str
    cable: str
    address: str

    def enter(self, dsn: str) -> None:
        """Move this process to it."""
        handle = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        assert ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET) == 0
        os.close(handle)
        os.environ["WAREHOUSE_DSN"] = conninfo.make_conninfo(dsn, host=self.address)

    def cut(self) -> None:
        """No packet gets through any more, and nobody is told."""
        ip("link", "set", self.cable, "down")

    def heal(self) -> None:
        """Packets get through again."""
        ip("link", "set", self.cable, "up")


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True)


@pytest.fixture
def elsewhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """Another machine that reaches the server, which listens on the cable too; then it listens on loopback alone again."""
    program("ip")
    number = secrets.randbelow(250) + 1
    there = Elsewhere(f"lmw{number}", f"lmwh{number}", f"10.213.{number}.1")
    done = subprocess.run(["ip", "netns", "add", there.name], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine allows no network namespace: {done.stderr.strip()}")
    rules = server.home / "postgres" / "pg_hba.conf"
    kept = rules.read_text()
    try:
        inner = f"lmwn{number}"
        ip("link", "add", there.cable, "type", "veth", "peer", "name", inner, "netns", there.name)
        ip("addr", "add", f"{there.address}/24", "dev", there.cable)
        ip("link", "set", there.cable, "up")
        ip("-n", there.name, "addr", "add", f"10.213.{number}.2/24", "dev", inner)
        ip("-n", there.name, "link", "set", inner, "up")
        ip("-n", there.name, "link", "set", "lo", "up")
        with rules.open("a") as file:
            file.write(f"host all all 10.213.{number}.0/24 scram-sha-256\n")
        restart(server, f"127.0.0.1,{there.address}")
        monkeypatch.setattr(connections, "LOST_SECONDS", LOST_SECONDS)
        yield there
    finally:
        rules.write_text(kept)
        subprocess.run(["ip", "link", "del", there.cable], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", there.name], capture_output=True, check=False)
        restart(server, "127.0.0.1")


def restart(server: Server, addresses: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(postgres.SERVER_SETTINGS, "listen_addresses", addresses)
        postgres.stop_server(server.home)
        postgres.start_server(server.home)


@fault("the network between a load and the database is cut", promises="P1 P2 P3 P4")
def test_a_load_whose_network_is_cut_ends_and_holds_nothing(seed: int, elsewhere: Elsewhere, office: Office) -> None:
    feed, codes = office.choose(seed)
    office.land_correction(feed, codes)
    reached, go_on = os.pipe(), os.pipe()

    def wait_for_the_cut() -> None:
        os.write(reached[1], b"x")
        os.read(go_on[0], 1)

    point = CUT_POINTS[seed % len(CUT_POINTS)]
    with (
        Watcher([feed], places=(False,)) as reader,
        Forked(lambda: load(feed), lambda: elsewhere.enter(office.dsn), lambda: wrap(point, wait_for_the_cut)) as process,
    ):
        os.read(reached[0], 1)
        elsewhere.cut()
        os.write(go_on[1], b"x")
        begun = time.monotonic()
        office.load(feed)  # on the server's machine
        assert time.monotonic() - begun < 4 * LOST_SECONDS + 20, "the server ended the session that was cut off, and its locks"
        assert process.wait() == 1, "the process ended by itself"
        assert time.monotonic() - begun < 8 * LOST_SECONDS + 30
        elsewhere.heal()
    office.load(feed)
    check_office(office)
    check_atomic(office, reader)


@fault("the network between dbt and the database is cut", promises="P2 P3", most=2)
@pytest.mark.timeout(600)
def test_a_build_whose_network_is_cut_is_made_again(seed: int, elsewhere: Elsewhere, office: Office) -> None:
    feed, codes = office.choose(seed, 2)
    office.land_correction(feed, codes)
    with Forked(transform.build, lambda: elsewhere.enter(office.dsn)) as process, psycopg.connect(office.dsn, autocommit=True) as admin:
        query = "select count(*) > 0 from pg_stat_activity where datname = current_database() and application_name = 'lmw-dbt'"
        while admin.execute(query).fetchone() == (False,):
            time.sleep(0.1)
        elsewhere.cut()
        begun = time.monotonic()
        assert process.wait() == 1
        assert time.monotonic() - begun < 10 * LOST_SECONDS + 60, "dbt does not wait for an answer that cannot come"
        elsewhere.heal()
    office.load(feed)
    transform.build()
    check_office(office, marts=True)


# ---- the local stack


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own, with senders that are managed elsewhere."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("LMW_HOME", str(home))
    monkeypatch.delenv("WAREHOUSE_DSN", raising=False)
    monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))
    for name in ("LMW_PG_PORT", "LMW_SITE_PORT", "LMW_AIRFLOW_PORT", "LMW_GATEWAY_PORT"):
        monkeypatch.setenv(name, str(free_port()))
    yield home
    stack.down()


def rows(home: Path) -> list[tuple[int, ...]]:
    with psycopg.connect(postgres.start_server(home)) as admin:
        return admin.execute("select n from kept order by n").fetchall()


def kill_the_postmaster(home: Path, chance: random.Random) -> None:
    """As when the machine loses its power: its pid file is left, and its pid is another program's."""
    pid_file = home / "postgres" / "postmaster.pid"
    process = psutil.Process(int(pid_file.read_text().splitlines()[0]))
    backends = process.children(recursive=True)
    process.kill()
    for backend in backends if chance.random() < 0.5 else []:
        with contextlib.suppress(psutil.Error):
            backend.kill()
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]) + "\n")


@fault("a start is killed, the server is killed, or a port is in use", promises="P1 P4", most=6)
@pytest.mark.timeout(600)
def test_the_stack_starts_after_what_was_killed(seed: int, installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "_deploy_models", lambda settings: None)  # it is tested apart, and takes long
    chance = random.Random(seed)
    begun = (
        Point("psycopg:Connection.wait", "before", chance.randrange(1, 200)),
        Point("os:link", "after"),
        Point("subprocess:run", "after", 2),
    )
    forked(lambda: stack.up(airflow=False), begun[seed % 3]).wait()
    stack.up(airflow=False)
    with psycopg.connect(postgres.start_server(installation), autocommit=True) as admin:
        admin.execute("create table kept as select n from generate_series(1, 3) as n")
    kill_the_postmaster(installation, chance)
    if chance.random() < 0.7:
        os.kill(processes.running(installation, "site") or 0, signal.SIGKILL)
    stack.up(airflow=False)
    assert rows(installation) == [(1,), (2,), (3,)]
    assert {row["state"] for row in stack.status()} <= {"running", "not started"}
    stack.down()
    port = int(os.environ[chance.choice(["LMW_PG_PORT", "LMW_SITE_PORT"])])
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(LabourMarketError, match=str(port)):
            stack.up(airflow=False)
    stack.up(airflow=False)
    assert rows(installation) == [(1,), (2,), (3,)]
