"""The stack on one machine: PostgreSQL, the district simulator, Airflow and the page, all on 127.0.0.1."""

import contextlib
import json
import os
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo
from psycopg.rows import dict_row

from labour_market.database import admin_dsn, can_log_in, connect, provision, set_password
from labour_market.errors import LabourMarketError
from labour_market.local_stack import processes
from labour_market.local_stack.postgres import server_running, start_server, stop_server
from labour_market.logs import Progress
from labour_market.settings import (
    CONFIG_DIR,
    PROJECT_ROOT,
    PROVINCE_TIME,
    Settings,
    load_settings,
    make_home_private,
    make_private_folder,
    secret,
)

AIRFLOW_COMPONENTS = ("airflow-api", "airflow-scheduler", "airflow-processor")
COMPONENTS = ("gateway", *AIRFLOW_COMPONENTS, "site")  # PostgreSQL is managed by pg_ctl
POOLS = CONFIG_DIR / "pools.json"  # in the form of `airflow pools import`, which the containers use

# Tasks are forked from the scheduler. It imports the slow libraries once, so that no task has to: Great Expectations takes seconds.
SCHEDULER = (
    "import labour_market.ingestion.loading, labour_market.ingestion.pulling, labour_market.quality.gate;"
    " from airflow.__main__ import main; main()"
)


def up(progress: Progress = lambda line: None, *, airflow: bool = True) -> None:
    """Start the components that are not running, and wait until they answer.

    Args:
        progress: Called with one line for each address.
        airflow: Whether Airflow is started too; without it use `lmw ingest` and `lmw build`.

    Raises:
        LabourMarketError: The message names the component that does not come up.
    """
    settings = load_settings()
    make_home_private(settings.home)
    _refuse_foreign_ports(settings)
    if not settings.warehouse_dsn:
        start_server(settings.home)
        progress(f"PostgreSQL     127.0.0.1:{settings.pg_port}")
    for line in provision(settings):
        progress(line)
    preparations = [_start_gateway, _deploy_models, *((_migrate_airflow,) if airflow else ())]
    with ThreadPoolExecutor() as pool:
        for future in [pool.submit(prepare, settings) for prepare in preparations]:
            future.result()
    make_private_folder(settings.site_dir)
    for name in () if airflow else AIRFLOW_COMPONENTS:
        if processes.running(settings.home, name) is None:
            processes.stop(settings.home, name)  # an Airflow that ended abnormally is no longer expected
    for name in ("site", *(AIRFLOW_COMPONENTS if airflow else ())):
        if processes.running(settings.home, name) is None:
            processes.start(settings.home, name, _command(name, settings), airflow_environment(settings))
    _wait_for(settings)
    if airflow:
        _wait_for_airflow(settings)
        api = airflow_client(settings)
        for name, pool in json.loads(POOLS.read_text(encoding="utf-8")).items():
            api.ensure_pool(name, pool["slots"], pool["description"])
    for line in addresses(settings, airflow=airflow):
        progress(line)


def prepare(progress: Progress = lambda line: None) -> None:
    """Prepare the server of WAREHOUSE_DSN (database, roles, tables, lists, empty marts), the page's folder and Airflow's login."""
    settings = load_settings()
    make_home_private(settings.home)
    for line in provision(settings):
        progress(line)
    if _deploy_models(settings):
        progress("tables and views of the dbt project deployed")
    make_private_folder(settings.site_dir)
    _password_file(settings)


def down(progress: Progress = lambda line: None) -> None:
    """Stop everything of this installation.

    Raises:
        LabourMarketError: When something is left or a port is still held.
    """
    settings = load_settings()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: processes.stop(settings.home, name), COMPONENTS))
    processes.stop_leftovers(settings.home)
    if not settings.warehouse_dsn and server_running(settings.home):
        stop_server(settings.home)
    left = [f"{p.name()} (pid {p.pid})" for p in processes.leftovers(settings.home)]
    if left:
        raise LabourMarketError(f"still running: {', '.join(left)}")
    progress("everything is stopped")


def status() -> list[dict[str, Any]]:
    """One dict a component: name, state (running, stopped, or "not started" for an Airflow that is not expected), pid, address."""
    settings = load_settings()
    rows: list[dict[str, Any]] = []
    if not settings.warehouse_dsn:
        state = "running" if server_running(settings.home) else "stopped"
        rows.append({"name": "postgres", "state": state, "pid": None, "address": f"127.0.0.1:{settings.pg_port}"})
    for name in COMPONENTS:
        if name == "gateway" and not settings.own_senders:
            continue
        pid = processes.running(settings.home, name)
        address = f"127.0.0.1:{port}" if (port := _ports(settings).get(name)) else None
        idle = "not started" if name in AIRFLOW_COMPONENTS and not processes.expected(settings.home, name) else "stopped"
        rows.append({"name": name, "state": "running" if pid else idle, "pid": pid, "address": address})
    return rows


def gateways() -> list[dict[str, Any]]:
    """The rows of bi.sender_gateways; none while the warehouse is not there or not prepared."""
    settings = load_settings()
    if not settings.warehouse_dsn and not server_running(settings.home):
        return []
    try:
        with connect("transformer", settings) as connection, connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute("select * from bi.sender_gateways order by sender_code, feed").fetchall()
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return []


def addresses(settings: Settings, *, airflow: bool = True) -> list[str]:
    """The addresses of the components, one line each, with the login of Airflow."""
    login = f"Airflow        http://127.0.0.1:{settings.airflow_port}  (admin / {secret(settings, 'airflow_admin')})" if airflow else None
    return [
        *([login] if login else []),
        f"The page       http://127.0.0.1:{settings.site_port}/  ({settings.site_dir / 'index.html'})",
        "The marts      .venv/bin/lmw psql   (role bi_reader, schema bi)",
    ]


def airflow_client(settings: Settings) -> Any:
    """A client of the local Airflow; its module is imported only when it is used."""
    from labour_market.local_stack.airflow_api import AirflowApi

    return AirflowApi(settings)


def _ports(settings: Settings) -> dict[str, int]:
    return {"gateway": settings.gateway_port, "airflow-api": settings.airflow_port, "site": settings.site_port}


def _refuse_foreign_ports(settings: Settings) -> None:
    """Kill orphans of this installation, and raise LabourMarketError when another program uses a port."""
    current = {processes.running(settings.home, name) for name in COMPONENTS}
    for orphan in processes.leftovers(settings.home):
        with contextlib.suppress(Exception):
            if not current & {orphan.pid, *(parent.pid for parent in orphan.parents())}:
                orphan.kill()
                orphan.wait(5)
    ports = {name: port for name, port in _ports(settings).items() if processes.running(settings.home, name) is None}
    if not settings.warehouse_dsn and not server_running(settings.home):
        ports["postgres"] = settings.pg_port
    if not settings.own_senders:
        ports.pop("gateway", None)
    for name, port in ports.items():
        holder = processes.holder_of(port)
        if holder:
            raise LabourMarketError(
                f"port {port}, which {name} needs, is in use by {holder}; stop it, or set another port (docs/operations.md)"
            )


def airflow_environment(settings: Settings) -> dict[str, str]:
    """The settings of Airflow, all as environment variables; there is no airflow.cfg."""
    home = settings.home / "airflow"
    server = conninfo.conninfo_to_dict(admin_dsn(settings))
    database = f"airflow:{secret(settings, 'role_airflow')}@{server['host']}:{server.get('port', 5432)}/airflow"
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT_ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": PROVINCE_TIME.key,
        "AIRFLOW__CORE__FERNET_KEY": _fernet_key(settings),
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(_password_file(settings)),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{settings.airflow_port}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{database}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(settings.airflow_port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{settings.airflow_port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__EXPOSE_CONFIG": "False",
        "AIRFLOW__API_AUTH__JWT_SECRET": secret(settings, "airflow_jwt"),
        "AIRFLOW__API__SECRET_KEY": secret(settings, "airflow_session"),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": "32",
        # a task that ends between two checks keeps its slot until the next heartbeat, which by default comes after five seconds
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "60",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "300",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(settings.home / "logs" / "airflow"),
        # Airflow gives its logs these modes whatever the umask is
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
        "GX_ANALYTICS_ENABLED": "false",
        "LMW_HOME": str(settings.home),
        "LMW_ACTOR": "airflow",
    }


def _fernet_key(settings: Settings) -> str:
    """A Fernet key: 32 bytes in URL-safe base64 with padding, which secret() leaves out."""
    return secret(settings, "airflow_fernet") + "="


def _password_file(settings: Settings) -> Path:
    path = settings.secrets_dir / "airflow_passwords.json"
    password = secret(settings, "airflow_admin")
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps({"admin": password}), encoding="ascii")
    return path


def _ensure_airflow_database(settings: Settings) -> None:
    """Create a database for Airflow's metadata; its owner has no rights in the warehouse."""
    password = secret(settings, "role_airflow")
    if can_log_in(conninfo.make_conninfo(admin_dsn(settings), dbname="airflow", user="airflow", password=password)):
        return
    with psycopg.connect(admin_dsn(settings), dbname="postgres", autocommit=True) as admin:
        if not admin.execute("select 1 from pg_roles where rolname = 'airflow'").fetchone():
            admin.execute("create role airflow login")
        set_password(admin, "airflow", password)
        if not admin.execute("select 1 from pg_database where datname = 'airflow'").fetchone():
            admin.execute("create database airflow owner airflow")
            admin.execute("revoke all on database airflow from public")


def _migrate_airflow(settings: Settings) -> None:
    """Run `airflow db migrate` for a new database or a new version of Airflow; it takes seconds."""
    _ensure_airflow_database(settings)
    from importlib.metadata import version

    done = settings.home / "airflow" / f"migrated-{version('apache-airflow')}"
    server = conninfo.make_conninfo(admin_dsn(settings), dbname="airflow")
    with psycopg.connect(server) as admin:
        migrated = admin.execute("select to_regclass('public.alembic_version') is not null").fetchone()
    if done.exists() and migrated and migrated[0]:
        return
    make_private_folder(done.parent)
    log = settings.home / "logs" / "airflow-migrate.log"
    pid = processes.start(settings.home, "airflow-migrate", [_program("airflow"), "db", "migrate"], airflow_environment(settings))
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise LabourMarketError(f"Airflow's database could not be made ready:\n{log.read_text(errors='replace')[-1500:]}")
    done.touch()


def _deploy_models(settings: Settings) -> bool:
    from labour_market.transform import deploy_models

    return deploy_models(settings)


def _start_gateway(settings: Settings) -> None:
    if settings.own_senders and processes.running(settings.home, "gateway") is None:
        processes.start(settings.home, "gateway", _command("gateway", settings))


def _command(name: str, settings: Settings) -> list[str]:
    return {
        "gateway": [sys.executable, "-m", "simulator", "--home", str(settings.home), "--port", str(settings.gateway_port)],
        "airflow-api": [_program("airflow"), "api-server"],
        "airflow-scheduler": [sys.executable, "-c", SCHEDULER, "scheduler", "--skip-serve-logs"],
        "airflow-processor": [_program("airflow"), "dag-processor"],
        "site": [
            sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(settings.site_dir),
            str(settings.site_port),
        ],
    }[name]  # fmt: skip


def _program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _wait_for(settings: Settings) -> None:
    logs = settings.home / "logs"
    if settings.own_senders:
        first = f"http://127.0.0.1:{settings.gateway_port}/districts/794/v1/health"
        processes.wait_until("the simulator", lambda: _answers(first), 120, logs / "gateway.log")
    processes.wait_until("the page's server", lambda: _answers(f"http://127.0.0.1:{settings.site_port}/"), 30, logs / "site.log")


def _wait_for_airflow(settings: Settings) -> None:
    logs = settings.home / "logs"
    health = f"http://127.0.0.1:{settings.airflow_port}/api/v2/monitor/health"
    processes.wait_until("Airflow's api-server", lambda: _answers(health), 120, logs / "airflow-api.log")
    # the interface for tasks is built at its first request, which takes seconds
    work = f"http://127.0.0.1:{settings.airflow_port}/execution/health/ping"
    processes.wait_until("Airflow's execution interface", lambda: _answers(work), 120, logs / "airflow-api.log")
    for part, log in (("scheduler", "airflow-scheduler"), ("dag_processor", "airflow-processor")):
        processes.wait_until(f"Airflow's {part}", partial(_healthy, health, part), 120, logs / f"{log}.log")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  # loopback addresses of our own
            return int(answer.status) == 200
    except OSError:
        return False


def _healthy(url: str, part: str) -> bool:
    with contextlib.suppress(OSError, ValueError), urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # as above
        return bool(json.load(answer).get(part, {}).get("status") == "healthy")
    return False
