"""Faults of the scheduler: events that are lost or come twice, tasks that run twice, and components that are killed during a night."""

import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from labour_market import transform
from labour_market.ingestion.loading import load
from labour_market.ingestion.reconcile import reconcile
from labour_market.settings import PROJECT_ROOT

from tests.conftest import free_port
from tests.faults import children, fault
from tests.faults.offices import Office
from tests.faults.sent import FEEDS, PERIODS, SENDERS

LMW = str(Path(sys.executable).parent / "lmw")
AGE_TABLES = {"outbox": ("created_at",), "batch": ("discovered_at", "landed_at", "staged_at", "audited_at")}


@pytest.fixture
def reconcile_task(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], Any]:
    """The task of the DAG reconcile_batches, as Airflow calls it."""
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{tmp_path}/airflow.db")

    spec = importlib.util.spec_from_file_location("reconcile_batches", PROJECT_ROOT / "dags" / "reconcile_batches.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)  # takes seconds: here once, before the children are forked
    return module.reconcile.function


def send_everything(office: Office, rng: random.Random) -> None:
    for feed in FEEDS:
        for sender in SENDERS:
            period = rng.choice(PERIODS[feed])
            office.send(office.make(feed, sender, period, version=rng.randint(1, 9), withdrawn=rng.randint(0, 4), bad=rng.randint(0, 1)))


def pass_time(office: Office, minutes: int) -> None:
    """Let what waits be older by some minutes."""
    for table, columns in AGE_TABLES.items():
        for column in columns:
            office.admin.execute(f"update ops.{table} set {column} = {column} - make_interval(mins => %s)", [minutes])  # noqa: S608


@fault("an asset event is lost", promises="P1 P4")
def test_what_a_lost_event_left_is_loaded_and_built_by_the_reconciliation(
    seed: int, office: Office, reconcile_task: Callable[[], Any]
) -> None:
    """Right: nobody starts a load or a build, and after a quarter of an hour the reconciliation does, once."""
    rng = random.Random(seed)
    send_everything(office, rng)
    not_loaded = rng.choice([None, *FEEDS])
    for feed in FEEDS:
        if feed == not_loaded:
            children.run(lambda feed=feed: office.pull_and_load(feed), rng.randint(20, 60))
        else:
            office.night(feed)
    pass_time(office, rng.randint(1, 9))
    assert children.run(reconcile_task)["resumed"] == []
    assert not any(office.visible(in_marts=True).values()), "it may still come"
    assert reconcile().to_build >= 1, "and what waits is visible"
    pass_time(office, rng.randint(15, 600) if not_loaded is None else rng.randint(15, 60))
    children.run(reconcile_task)
    if not_loaded:
        landed = office.admin.execute("select count(*) from ops.batch where feed = %s and sha256 is not null", [not_loaded]).fetchone()
        assert landed
        if landed[0] < len(SENDERS):  # the pull was killed: that is the next night's
            office.night(not_loaded)
        office.conclude(not_loaded)
        office.build()
    office.check()
    builds = office.admin.execute("select count(*) from ops.build").fetchone()
    pass_time(office, 60)
    children.run(reconcile_task)
    assert office.admin.execute("select count(*) from ops.build").fetchone() == builds, "nothing is built twice"
    office.check()


@fault("an asset event comes twice, and two schedulers run each task", promises="P2 P3")
def test_tasks_that_run_twice_have_one_effect(seed: int, office: Office) -> None:
    """Right: two loads, two builds, and a load beside a build, all of them at once, give the figures of one."""
    rng = random.Random(seed)
    send_everything(office, rng)
    for feed in rng.sample(FEEDS, len(FEEDS)):
        twice = [children.begin(lambda feed=feed: office.pull_and_load(feed)) for _ in range(2)]
        assert [night.wait() for night in twice] == [[], []]
        children.run(lambda feed=feed: load(feed).sentences)  # what the second had pulled while the first was loading
        office.conclude(feed)
    office.check(marts=False)
    published = office.admin.execute("select batch_id from ops.batch_event where to_state = 'published'").fetchall()
    assert len(published) == len(set(published)) == len(office.sent), "each batch was published once"
    builds = [children.begin(lambda: transform.build().build_id) for _ in range(2)]
    assert sorted(build.wait() is None for build in builds) == [False, True], "the second found nothing to build"
    office.check()
    repeated = [
        children.begin(lambda: transform.build().build_id),
        *(children.begin(lambda feed=feed: load(feed).outcomes) for feed in FEEDS),
    ]
    assert [child.wait() for child in repeated] == [None, {}, {}, {}]
    office.check()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a stack with a home and ports of its own; it is always stopped in the end."""
    found = {name: value for name, value in os.environ.items() if name not in ("WAREHOUSE_DSN", "LMW_SENDERS", "LMW_LANDING")}
    ports = ("LMW_PG_PORT", "LMW_GATEWAY_PORT", "LMW_AIRFLOW_PORT", "LMW_SITE_PORT")
    environment = {**found, "LMW_HOME": str(tmp_path / "home"), **{name: str(free_port()) for name in ports}}
    try:
        yield environment
    finally:
        subprocess.run([LMW, "down"], env=environment, capture_output=True, check=False, timeout=120)


@pytest.mark.stack
@pytest.mark.timeout(1800)
@fault("a component of Airflow is killed during a night", promises="P1 P2 P4", most=3, in_short_round=False)
def test_after_a_kill_during_the_night_every_batch_ends(seed: int, stack: dict[str, str]) -> None:
    """Right: when the component is started again, the night ends, every batch has an outcome, and no record is lost. The local stack has
    no triggerer; its other components are the api-server, the scheduler and the dag-processor."""
    component = ("airflow-scheduler", "airflow-api", "airflow-processor")[(seed - 1) % 3]

    def lmw(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([LMW, *arguments], env=stack, capture_output=True, text=True, check=False, timeout=900)

    night = subprocess.Popen([LMW, "demo"], env=stack, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 600
        while lmw("batches", "--state", "published", "--json").stdout.strip() in ("", "[]"):
            assert time.monotonic() < until and night.poll() is None, "the night began"
            time.sleep(1)
        pid = json.loads((Path(stack["LMW_HOME"]) / "run" / f"{component}.json").read_text(encoding="ascii"))["pid"]
        os.kill(pid, signal.SIGKILL)
        assert lmw("status").returncode == 1, "the status shows it"
    finally:
        night.kill()
        night.wait()
    done = lmw("demo")
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
    assert lmw("status").returncode == 0
    batches = {(batch["sender_code"], batch["delivery_id"]): batch for batch in json.loads(lmw("batches", "--json").stdout)}
    assert {batch["state"] for batch in batches.values()} <= {"published", "superseded", "quarantined", "rejected"}
    announced = announcements(Path(stack["LMW_HOME"]) / "senders.yml")
    assert {name: batch["declared_records"] for name, batch in batches.items()} == announced
    result = json.loads(lmw("reconcile", "--reread", "--json").stdout)
    lost = {"lost_records", "orphan_records", "missing_bytes", "damaged_bytes", "other_bytes", "stuck"}
    assert not lost & {finding["kind"] for finding in result["findings"]}
    assert result["waiting"] == [] and result["to_build"] == 0


def announcements(senders_file: Path) -> dict[tuple[str, str], int]:
    """The number of records of each delivery that the gateways announce as final."""
    found = {}
    for sender in yaml.safe_load(senders_file.read_text(encoding="utf-8"))["senders"]:
        for feed in sender["feeds"]:
            query = {"feed": feed, "limit": 500}
            bearer = {"Authorization": f"Bearer {sender['token']}"}
            items = requests.get(f"{sender['base_url']}/v1/deliveries", params=query, headers=bearer, timeout=30).json()["items"]
            found |= {(sender["code"], item["delivery_id"]): item["record_count"] for item in items if item["status"] == "final"}
    assert len(found) > 50
    return found
