"""The embedded PostgreSQL: on loopback, with passwords, restarted after every kind of end, also by root."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
from labour_market.errors import LabourMarketError
from labour_market.local_stack import postgres as server
from labour_market.local_stack.postgres import server_running, start_server, stop_server
from psycopg import conninfo

as_root = pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root steps down to another user")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation of its own, in a folder that no other user may enter."""
    tmp_path.chmod(0o700)
    home = tmp_path / "nhà của tỉnh"  # neither blanks nor Vietnamese letters in a path are a reason to fail
    home.mkdir(mode=0o700)
    monkeypatch.setenv("LMW_HOME", str(home))
    monkeypatch.setenv("LMW_PG_PORT", str(free_port()))
    monkeypatch.delenv("WAREHOUSE_DSN", raising=False)
    monkeypatch.delenv("LMW_SENDERS", raising=False)
    yield home
    stop_server(home)


def postmaster(home: Path) -> psutil.Process:
    return psutil.Process(int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0]))


def rows_of(dsn: str) -> list[tuple[int]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute("select n from kept order by n").fetchall()


def test_a_server_starts_stops_and_starts_again_with_its_data(home: Path) -> None:
    dsn = start_server(home)
    with psycopg.connect(dsn) as connection:
        connection.execute("create table kept as select n from generate_series(1, 3) as n")
    assert start_server(home) == dsn, "starting a running server changes nothing"
    stop_server(home)
    assert not server_running(home)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)
    stop_server(home)  # stopping a stopped server is no error
    assert rows_of(start_server(home)) == [(1,), (2,), (3,)]


def test_the_cluster_sorts_by_code_point_and_uses_utf8(home: Path) -> None:
    with psycopg.connect(start_server(home)) as connection:
        row = connection.execute(
            "select datlocprovider::text, datlocale, pg_encoding_to_char(encoding) from pg_database where datname = 'postgres'"
        ).fetchone()
        assert row == ("b", "C.UTF-8", "UTF8")
        assert connection.execute("select upper('đặng'), 'Đ' < 'E'").fetchone() == ("ĐẶNG", False)


def test_a_connection_without_the_password_is_refused(home: Path) -> None:
    dsn = start_server(home)
    for password in ("", "postgres", "wrong"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(conninfo.make_conninfo(dsn, password=password, passfile="/dev/null"))
    with psycopg.connect(dsn) as connection:
        methods = connection.execute("select distinct auth_method from pg_hba_file_rules").fetchall()
        assert methods == [("scram-sha-256",)]
        verifier = connection.execute("select rolpassword from pg_authid where rolname = 'postgres'").fetchone()
        assert verifier is not None and verifier[0].startswith("SCRAM-SHA-256$")
    assert stat.S_IMODE((home / "secrets" / "postgres").stat().st_mode) == 0o600


def test_the_server_listens_only_on_loopback(home: Path) -> None:
    start_server(home)
    process = postmaster(home)
    listening = {c.laddr for c in process.net_connections("all") if c.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", int(os.environ["LMW_PG_PORT"]))}
    unix_sockets = {c.laddr for c in process.net_connections("unix") if c.laddr}
    assert not unix_sockets


def test_a_killed_server_comes_back_with_what_was_committed(home: Path) -> None:
    dsn = start_server(home)
    with psycopg.connect(dsn) as connection:
        connection.execute("create table kept as select n from generate_series(1, 2) as n")
    postmaster(home).send_signal(signal.SIGKILL)
    assert rows_of(start_server(home)) == [(1,), (2,)]


def test_a_hanging_backend_of_a_killed_server_does_not_touch_the_data_of_the_next(home: Path) -> None:
    dsn = start_server(home)
    with psycopg.connect(dsn) as connection:
        connection.execute("create table kept as select 1 as n")
        hanging = psutil.Process(connection.info.backend_pid)
        connection.commit()
        hanging.suspend()
        postmaster(home).send_signal(signal.SIGKILL)
        assert rows_of(start_server(home)) == [(1,)]
        assert not hanging.is_running() or hanging.status() == psutil.STATUS_ZOMBIE


def test_a_pid_that_another_program_has_got_is_not_taken_for_the_server(home: Path) -> None:
    start_server(home)
    pid_file = home / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    postmaster(home).send_signal(signal.SIGKILL)
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text("\n".join([str(sleeper.pid), *lines[1:]]) + "\n")
        assert not server_running(home)
        start_server(home)
        assert server_running(home)
        assert sleeper.poll() is None, "the other program still runs"
    finally:
        sleeper.kill()
        sleeper.wait()


def test_a_killed_initdb_leaves_no_incomplete_cluster(home: Path) -> None:
    half = home / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    start_server(home)
    assert server_running(home)
    assert not half.exists()


def test_two_starts_at_once_make_one_server(home: Path) -> None:
    starts = "from pathlib import Path; from labour_market.local_stack.postgres import start_server; start_server()"
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda _: subprocess.run([sys.executable, "-c", starts], check=False), range(2)))
    assert [d.returncode for d in done] == [0, 0]
    assert server_running(home)


def test_a_port_in_use_is_named(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(os.environ["LMW_PG_PORT"])))
        taken.listen()
        with pytest.raises(LabourMarketError, match=os.environ["LMW_PG_PORT"]):
            start_server(home)


def test_a_wrong_password_is_an_error_without_a_wait(home: Path) -> None:
    start_server(home)
    (home / "secrets" / "postgres").write_text("not the one")
    with pytest.raises(psycopg.OperationalError, match="password"):
        start_server(home)


@as_root
@pytest.mark.parametrize("command", server.COMMANDS_TO_DROP_ROOT, ids=lambda command: command[0])
def test_the_server_of_root_runs_as_another_user(home: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    if subprocess.run([*command, "true"], check=False).returncode:
        # a container may forbid user namespaces; start_server then uses the next command
        pytest.skip(f"this system does not allow {command[0]}")
    monkeypatch.setattr(server, "COMMANDS_TO_DROP_ROOT", (command,))
    with psycopg.connect(start_server(home)) as connection:
        connection.execute("create table kept as select 1 as n")
    postmaster(home).send_signal(signal.SIGKILL)
    assert rows_of(start_server(home)) == [(1,)]
    capabilities = next(
        line.split()[1] for line in Path(f"/proc/{postmaster(home).pid}/status").read_text().splitlines() if line.startswith("CapEff:")
    )
    namespace_of_its_own = Path(f"/proc/{postmaster(home).pid}/ns/user").readlink() != Path("/proc/self/ns/user").readlink()
    assert namespace_of_its_own or int(capabilities, 16) == 1 << 1, "nothing but CAP_DAC_OVERRIDE is kept"
    assert stat.S_IMODE((home / "postgres").stat().st_mode) == 0o700


@as_root
def test_root_gets_an_instruction_where_the_system_allows_no_other_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "COMMANDS_TO_DROP_ROOT", (("false",), ("no-such-program",)))
    with pytest.raises(LabourMarketError, match="WAREHOUSE_DSN"):
        start_server(home)
