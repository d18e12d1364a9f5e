"""The two main commands: a night under the real scheduler, a crash of every part, and a complete stop."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
import yaml

from tests.conftest import free_port

LMW = str(Path(sys.executable).parent / "lmw")
PORTS = ("LMW_PG_PORT", "LMW_GATEWAY_PORT", "LMW_AIRFLOW_PORT", "LMW_SITE_PORT")
pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


def lmw(environment: dict[str, str], *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([LMW, *arguments], capture_output=True, text=True, check=False, env=environment, timeout=840)
    if check:
        assert done.returncode == 0, f"lmw {' '.join(arguments)}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def _session(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return None


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Iterator[dict[str, str]]:
    """A home and ports of its own; everything is always stopped in the end."""
    home = tmp_path_factory.mktemp("stack")
    found = {name: value for name, value in os.environ.items() if name not in ("WAREHOUSE_DSN", "LMW_SENDERS", "LMW_LANDING")}
    environment = {**found, "LMW_HOME": str(home), **{name: str(free_port()) for name in PORTS}}
    try:
        yield environment
    finally:
        lmw(environment, "down", check=False)


def airflow(environment: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The address of the api-server, and the headers of a login."""
    base = f"http://127.0.0.1:{environment['LMW_AIRFLOW_PORT']}"
    password = (Path(environment["LMW_HOME"]) / "secrets" / "airflow_admin").read_text().strip()
    token = requests.post(f"{base}/auth/token", json={"username": "admin", "password": password}, timeout=30).json()["access_token"]
    return base, {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def demonstrated(environment) -> str:
    return lmw(environment, "demo").stdout


def test_the_demonstration_prints_the_night_and_leaves_the_stack_running(demonstrated, environment):
    for feed in ("employers", "job_orders", "labour_survey", "fair_sessions", "fair_attendance"):
        assert f"{feed:<16} 803" in demonstrated, f"no line for {feed} of 803"
    assert "the night is over, the marts are built" in demonstrated
    assert "Batches by feed and state" in demonstrated
    assert "select count(*) from bi.blocked_batches" in demonstrated
    blocked = json.loads(lmw(environment, "batches", "--state", "rejected", "--json").stdout)
    assert blocked
    assert all(batch["reason_vi"] in demonstrated for batch in blocked)
    assert all(row["state"] == "running" for row in json.loads(lmw(environment, "status", "--json").stdout)["components"])
    page = requests.get(f"http://127.0.0.1:{environment['LMW_SITE_PORT']}/", timeout=10)
    assert "Thị trường lao động" in page.content.decode()
    assert "findings" in lmw(environment, "reconcile").stdout


def test_the_scheduler_ran_the_night_in_fewer_than_a_hundred_tasks(demonstrated, environment):
    base, bearer = airflow(environment)
    assert requests.get(f"{base}/api/v2/dags", timeout=10).status_code == 401, "a request without a login is refused"
    found: list[dict] = []
    total = 1
    while len(found) < total:  # a page has at most 100
        query = {"limit": 100, "offset": len(found)}
        page = requests.get(f"{base}/api/v2/dags/~/dagRuns/~/taskInstances", params=query, headers=bearer, timeout=30).json()
        found += page["task_instances"]
        total = page["total_entries"]
    tasks = [task for task in found if task["dag_id"].startswith(("ingest_", "build_"))]
    assert {task["state"] for task in tasks if task["task_id"] == "fail_night"} == {"skipped"}, "the night is green"
    night = [task for task in tasks if task["task_id"] != "fail_night"]
    assert 60 < len(night) < 100
    assert {task["state"] for task in night} == {"success"}
    assert len({task["rendered_map_index"] for task in night if task["task_id"] == "pull"}) == 17, "each sender by its name"
    builds = requests.get(f"{base}/api/v2/dags/build_marts/dagRuns", headers=bearer, timeout=30).json()["dag_runs"]
    assert [run["run_type"] for run in builds] == ["asset_triggered"], "one build, triggered by the assets"


def test_every_port_listens_only_on_loopback(demonstrated, environment):
    ports = {int(environment[name]) for name in PORTS}
    listening = [c.laddr for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.laddr.port in ports]
    assert {address.port for address in listening} == ports
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_secrets_are_private_files_and_are_nowhere_in_the_logs(demonstrated, environment):
    home = Path(environment["LMW_HOME"])
    files = [home / "senders.yml", *(path for path in (home / "secrets").rglob("*") if path.is_file())]
    assert len(files) > 10
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in files if path.stat().st_mode & 0o077} == {}
    secrets = {value for path in files[1:] for value in re.findall(r"[\w-]{24,}", path.read_text())}
    secrets |= {sender["token"] for sender in yaml.safe_load(files[0].read_text())["senders"]}
    logs = [path for path in (home / "logs").rglob("*") if path.is_file()]
    assert any("airflow" in path.parts for path in logs)
    leaks = [path.name for path in logs for secret in secrets if secret in path.read_text(encoding="utf-8", errors="replace")]
    assert leaks == []


def test_a_person_decides_on_a_provisional_code_in_airflow(demonstrated, environment):
    evidence = ["--keyword", "mãng cầu", "--evidence", "Tân Hưng", "--by", "an"]
    code = lmw(environment, "occupation", "propose", "61129", "Lao động trồng mãng cầu", "Custard apple growers", *evidence).stdout.strip()
    base, bearer = airflow(environment)
    runs = f"{base}/api/v2/dags/review_occupation_code/dagRuns"
    started = requests.post(runs, json={"logical_date": None, "conf": {"code": code}}, headers=bearer, timeout=30).json()
    run = f"{runs}/{started['dag_run_id']}"
    question = f"{run}/taskInstances/decide/-1/hitlDetails"
    deadline = time.monotonic() + 120
    waiting = f"{run}/taskInstances/decide"
    while requests.get(waiting, headers=bearer, timeout=30).json().get("state") != "awaiting_input":
        assert time.monotonic() < deadline
        time.sleep(1)
    time.sleep(5)  # a person reads before they answer; Airflow loses an answer that comes before it has recorded the waiting task
    asked = requests.get(question, headers=bearer, timeout=30)
    assert "Tân Hưng" in asked.json()["body"]
    chosen = {"chosen_options": [asked.json()["options"][0]], "params_input": {"because": "có vùng trồng", "until": "2030-12-31"}}
    assert requests.patch(question, json=chosen, headers=bearer, timeout=30).status_code == 200
    while (state := requests.get(run, headers=bearer, timeout=30).json()["state"]) not in ("success", "failed"):
        assert time.monotonic() < deadline
        time.sleep(1)
    assert state == "success"
    steps = json.loads(lmw(environment, "occupation", "history", code, "--json").stdout)
    assert [(step["to_state"], step["actor"]) for step in steps] == [("proposed", "an"), ("approved", "admin")]
    listed = json.loads(lmw(environment, "occupation", "list", "--json").stdout)
    assert {row["code"]: row["state"] for row in listed}[code] == "approved"


def test_a_second_demonstration_loads_nothing_and_takes_seconds(demonstrated, environment):
    before = lmw(environment, "batches", "--json").stdout
    lmw(environment, "build")  # decisions of the tests before
    started = time.monotonic()
    output = lmw(environment, "demo").stdout
    assert "nothing to load, nothing to build" in output
    assert time.monotonic() - started < 60
    assert lmw(environment, "batches", "--json").stdout == before


def test_a_demonstration_after_a_kill_of_every_part_recovers(demonstrated, environment):
    home = Path(environment["LMW_HOME"])
    pids = [json.loads(path.read_text())["pid"] for path in (home / "run").glob("*.json")]
    pids.append(int((home / "postgres" / "postmaster.pid").read_text().split()[0]))
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    orphans = [process for process in psutil.process_iter() if _session(process) in pids]
    assert orphans, "Airflow's workers outlive a scheduler that is killed"
    assert lmw(environment, "status", check=False).returncode == 1
    lmw(environment, "demo")
    assert not any(process.is_running() for process in orphans)
    assert all(row["state"] == "running" for row in json.loads(lmw(environment, "status", "--json").stdout)["components"])
    lmw(environment, "reconcile", "--reread")


def test_down_leaves_no_process_and_no_port(demonstrated, environment):
    home = environment["LMW_HOME"]
    sessions = [json.loads(path.read_text())["pid"] for path in (Path(home) / "run").glob("*.json")]
    assert len(sessions) >= 5
    lmw(environment, "down")
    left = [process.name() for process in psutil.process_iter() if _session(process) in sessions]
    for process in psutil.process_iter():
        try:
            if home in " ".join(process.cmdline()) or (process.environ().get("LMW_HOME") == home and process.pid != os.getpid()):
                left.append(process.cmdline())
        except psutil.Error:
            continue
    assert left == []
    ports = {int(environment[name]) for name in PORTS}
    assert not [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.laddr.port in ports]
    assert lmw(environment, "reconcile", check=False).returncode == 1
    assert "start it with: lmw up" in lmw(environment, "reconcile", check=False).stderr
