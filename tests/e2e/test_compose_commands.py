"""docker-compose.yml without containers: every service's own command on this machine, up to a DAG run through Redis and Celery.

Loopback ports replace the names and ports of the services, folders their volumes, and the files that the Dockerfile copies the image.
"""

import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path

import psutil
import psycopg
import pytest
import requests
import yaml
from labour_market.database import connect
from labour_market.local_stack import processes
from labour_market.local_stack.airflow_api import DONE, AirflowApi
from labour_market.local_stack.postgres import server_program, unprivileged
from labour_market.settings import PROJECT_ROOT, load_settings

from tests.conftest import free_port, program

PORTS = {"postgres": 5432, "redis": 6379, "simulator": 8099, "airflow-api": 8080, "site": 8090}
# Of one sender: a DAG that is no longer paused first runs the night that is due, with all senders.
DAG, SENDER = "ingest_programme_plans", "DOLISA"
pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


def _text(name: str) -> str:
    return (PROJECT_ROOT / name).read_text(encoding="utf-8")


class Containers:
    """The services of docker-compose.yml as processes. PostgreSQL comes from the wheel, Redis from the machine."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state = home / "state"  # the volume that the services of the project share
        self.image = home / "image"
        self.ports = {name: free_port() for name in PORTS}
        self.state.mkdir()
        self.image.mkdir()
        for line in re.findall(r"^COPY (.+) \S+$", _text("Dockerfile"), re.MULTILINE):
            for source in map(PROJECT_ROOT.joinpath, line.split()):
                if source.is_dir():
                    shutil.copytree(source, self.image / source.name, ignore=shutil.ignore_patterns("__pycache__", "target"))
                else:
                    shutil.copy(source, self.image)
        self.services = yaml.safe_load(self._filled_in(self._moved(_text("docker-compose.yml"))))["services"]
        self.log_port = free_port()

    def _moved(self, text: str) -> str:
        """The file for one machine: with folders and ports of this machine, and loopback for host names."""
        text = text.replace("/var/lib/warehouse", str(self.state)).replace("/opt/warehouse", str(self.image))
        for name, port in PORTS.items():
            text = re.sub(rf"\b{name}(?=:{port}\b)", "127.0.0.1", text)
            text = re.sub(rf"\b{port}\b", str(self.ports[name]), text)
        redis = self.ports["redis"]
        return (
            re.sub(r"\b0\.0\.0\.0\b", "127.0.0.1", text)
            .replace("--known-as, simulator", "--known-as, 127.0.0.1")
            .replace("[redis-server,", f'[redis-server, --bind, 127.0.0.1, --port, "{redis}",')
            .replace("redis-cli ", f"redis-cli -p {redis} ")
        )

    def _filled_in(self, text: str) -> str:
        """The variables of a .env that is filled in like .env.example."""
        values = {name: secrets.token_hex(32) for name in re.findall(r"^(\w+)=$", _text(".env.example"), re.MULTILINE)}
        values["AIRFLOW_FERNET_KEY"] = base64.urlsafe_b64encode(os.urandom(32)).decode()
        return re.sub(r"\$\{(\w+)[^}]*\}", lambda found: values[found[1]], text).replace("$$", "$")

    def environment(self, name: str) -> dict[str, str]:
        """The environment of a service, with the variables that its image and its network would set."""
        programs = (Path(sys.executable).parent, server_program("psql").parent, os.environ["PATH"])
        return {
            "PATH": ":".join(map(str, programs)),
            "HOME": str(self.home),
            "PYTHONPATH": str(self.image / "include"),
            "PGDATA": str(self.home / "database"),
            "PGHOST": str(self.home),
            "PGPORT": str(self.ports["postgres"]),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.log_port),
            **self.services[name].get("environment", {}),
        }

    def run(self, name: str, *command: str) -> int:
        """Run a command in the environment of a service, like a healthcheck."""
        with (self.home / f"{name}.commands.log").open("ab") as log:
            environment = {**os.environ, **self.environment(name)}
            return subprocess.run(command, cwd=self.home, env=environment, stdout=log, stderr=log, check=False, timeout=60).returncode

    def healthy(self, name: str) -> bool:
        kind, *check = self.services[name]["healthcheck"]["test"]
        return self.run(name, *(("sh", "-c") if kind == "CMD-SHELL" else ()), *check) == 0

    def up(self) -> None:
        """Start each service when what it waits for is there. Raises RuntimeError naming a service that does not come up."""
        waits = {name: service.get("depends_on", {}) for name, service in self.services.items()}
        for name in TopologicalSorter(waits).static_order():
            for other, until in waits[name].items():
                if until["condition"] == "service_healthy":
                    self.wait_for(other)
            if name == "postgres":
                self._fill_the_empty_volume()
            command = [*(unprivileged() if name == "postgres" else ()), *self.services[name]["command"]]
            pid = processes.start(self.home, name, command, self.environment(name))
            if self.services[name]["restart"] == "no" and os.waitpid(pid, 0)[1]:
                raise RuntimeError(f"{name} failed:\n{self.log(name).read_text(errors='replace')[-3000:]}")
        for name, service in self.services.items():
            if "healthcheck" in service:
                self.wait_for(name)

    def wait_for(self, name: str) -> None:
        processes.wait_until(name, partial(self.healthy, name), 90, self.log(name))

    def log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"

    def _fill_the_empty_volume(self) -> None:
        """What the entrypoint of PostgreSQL's image does: a cluster, then the scripts, on a server that has only a socket yet."""
        given = self.services["postgres"]["environment"]
        scripts = [mount.split(":")[0] for mount in self.services["postgres"]["volumes"] if ":/docker-entrypoint-initdb.d/" in mount]
        password = self.home / "password"
        password.write_text(given["POSTGRES_PASSWORD"])
        as_postgres = partial(self.run, "postgres", *unprivileged())
        initdb = ("initdb", "-U", "postgres", f"--pwfile={password}", *given["POSTGRES_INITDB_ARGS"].split())
        assert as_postgres(*initdb, "-c", f"unix_socket_directories={self.home}") == 0
        assert as_postgres("pg_ctl", "start", "-w", "-l", str(self.home / "scripts.log"), "-o", "-c listen_addresses=''") == 0
        self.healthy_too_early = self.healthy("postgres")
        ended = [self.run("postgres", str(PROJECT_ROOT / script)) for script in scripts]
        assert as_postgres("pg_ctl", "stop", "-w", "-m", "fast") == 0
        assert ended == [0]

    def down(self) -> None:
        """The database last: it waits for those who are connected."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(partial(processes.stop, self.home), self.services.keys() - {"postgres"}))
        processes.stop(self.home, "postgres")
        processes.stop_leftovers(self.home)


@pytest.fixture(scope="module")
def containers(tmp_path_factory) -> Iterator[Containers]:
    """All services, up and healthy; they are always stopped in the end."""
    program("redis-server")
    here = Containers(tmp_path_factory.mktemp("containers"))
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("LMW_", "AIRFLOW_", "PG", "WAREHOUSE_"))]:
            patch.delenv(name)  # a container has none of the caller's
        try:
            here.up()
            for name in ("LMW_HOME", "LMW_SENDERS", "WAREHOUSE_DSN"):
                patch.setenv(name, here.services["airflow-worker"]["environment"][name])
            patch.setenv("LMW_AIRFLOW_PORT", str(here.ports["airflow-api"]))
            yield here
        finally:
            here.down()


def test_every_command_keeps_running_and_every_healthcheck_succeeds(containers):
    stopped = {name for name in containers.services if processes.running(containers.home, name) is None}
    assert stopped == {"prepare"}
    checked = [name for name, service in containers.services.items() if "healthcheck" in service]
    assert set(checked) == {"postgres", "redis", "simulator", "airflow-api"}
    assert [name for name in checked if not containers.healthy(name)] == []
    assert requests.get(f"http://127.0.0.1:{containers.ports['site']}/", timeout=10).status_code == 200


def test_the_database_is_not_healthy_while_its_scripts_run(containers):
    assert not containers.healthy_too_early, "the image's entrypoint stops the server again after its scripts"


def test_a_run_goes_through_redis_and_the_celery_worker_and_publishes(containers):
    api = AirflowApi(load_settings())
    processes.wait_until("the DAG", lambda: DAG in api.dag_ids(), 60, containers.log("airflow-processor"))
    api.unpause(DAG)
    asked = api.trigger(DAG, conf={"districts": [SENDER]})
    run = f"/dags/{DAG}/dagRuns/{asked}"
    processes.wait_until("the run", lambda: api.call("GET", run)["state"] in DONE, 90, containers.log("airflow-worker"))
    states = {run["dag_run_id"]: run["state"] for run in api.call("GET", f"/dags/{DAG}/dagRuns")["dag_runs"]}
    assert len(states) == 2, "the night that was due, and the requested run"
    assert set(states.values()) == {"success"}
    tasks = [task for run_id in states for task in api.task_instances(DAG, run_id)]
    with psycopg.connect(containers.environment("airflow-worker")["AIRFLOW__CELERY__RESULT_BACKEND"].removeprefix("db+")) as airflow:
        statuses = [status for (status,) in airflow.execute("select status from celery_taskmeta")]
    done = [task for task in tasks if task["state"] != "skipped"]  # fail_night, which the scheduler skips by itself
    assert len(statuses) == len(done) == 6
    assert set(statuses) <= {"STARTED", "SUCCESS"}, "the worker reports the end of a task a moment after Airflow"
    assert "list_senders" in str(api.call("GET", f"{run}/taskInstances/list_senders/logs/1")), "the api-server reads what the worker logged"
    with connect("steward") as warehouse:
        batches = warehouse.execute("select sender_code, state from ops.batch").fetchall()
    assert batches
    assert set(batches) == {(SENDER, "published")}


def test_the_files_of_the_image_are_enough_and_are_not_changed(containers):
    """In the image it belongs to root, and the services do not run as root."""
    used = f"from labour_market.settings import PROJECT_ROOT; assert str(PROJECT_ROOT) == {str(containers.image.resolve())!r}"
    assert containers.run("airflow-worker", "python", "-c", used) == 0, "the checkout was used instead"
    held = {path.relative_to(containers.image) for path in containers.image.rglob("*") if "__pycache__" not in path.parts}
    assert Path("include/labour_market/cli/__init__.py") in held
    assert [path for path in held if not (PROJECT_ROOT / path).exists()] == []


def test_no_process_is_left_after_the_stop(containers):
    sessions = {json.loads(path.read_text())["pid"] for path in (containers.home / "run").glob("*.json")}
    assert len(sessions) == len(containers.services)
    containers.down()
    left = processes.leftovers(containers.home)
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) in sessions or Path(process.cwd()).is_relative_to(containers.home):
                left.append(process)
        except (psutil.Error, OSError):
            continue
    assert left == []
    ports = {*containers.ports.values(), containers.log_port}
    assert [port for port in ports if processes.holder_of(port)] == []
