"""Components of an installation: a component that dies leaves no process behind."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from labour_market.cli import app
from labour_market.local_stack import processes, stack
from typer.testing import CliRunner

# a component whose children do not have MARK in their environment, like workers that overwrite it
UNMARKED = ["bash", "-c", "env -i sleep 300 & env -i sleep 300 & wait"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for name in ("one", "two"):
        processes.stop(tmp_path, name)


def children(pid: int) -> list[psutil.Process]:
    deadline = time.monotonic() + 10
    while len(found := psutil.Process(pid).children()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def killed(home: Path, name: str) -> list[psutil.Process]:
    pid = processes.start(home, name, UNMARKED)
    left = children(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return left


def test_children_of_a_killed_component_are_found_and_stopped(home):
    left = killed(home, "one")
    assert processes.running(home, "one") is None
    assert set(left) <= set(processes.leftovers(home))
    processes.stop(home, "one")
    assert not any(process.is_running() for process in left)
    assert processes.leftovers(home) == []


def test_a_new_start_ends_the_children_of_a_killed_component(home):
    left = killed(home, "one")
    pid = processes.start(home, "one", UNMARKED)
    assert processes.running(home, "one") == pid
    assert not any(process.is_running() for process in left)


def test_stopping_one_component_does_not_touch_another(home):
    processes.start(home, "one", UNMARKED)
    other = processes.start(home, "two", UNMARKED)
    processes.stop(home, "one")
    assert processes.running(home, "two") == other
    assert len(children(other)) == 2


def test_a_pid_that_another_process_has_got_since_is_never_stopped(home):
    pid = processes.start(home, "one", UNMARKED)
    note = home / "run" / "one.json"
    kept = note.read_text()
    note.write_text(f'{{"pid": {pid}, "started": 1.0}}')
    assert processes.running(home, "one") is None
    processes.stop(home, "one")
    assert psutil.Process(pid).is_running()
    note.write_text(kept)


def test_the_status_is_good_when_all_expected_components_run(home, monkeypatch):
    """A stack without Airflow, then one whose scheduler died; the server is managed elsewhere."""
    monkeypatch.setenv("LMW_HOME", str(home))
    monkeypatch.setenv("WAREHOUSE_DSN", "host=127.0.0.1")
    monkeypatch.setenv("LMW_SENDERS", "senders.yml")
    assert CliRunner().invoke(app, ["status"]).exit_code == 1
    processes.start(home, "site", UNMARKED)
    try:
        assert {row["name"]: row["state"] for row in stack.status()} == {
            "site": "running", **dict.fromkeys(stack.AIRFLOW_COMPONENTS, "not started"),
        }  # fmt: skip
        assert CliRunner().invoke(app, ["status"]).exit_code == 0
        killed(home, "airflow-scheduler")
        assert CliRunner().invoke(app, ["status"]).exit_code == 1
    finally:
        for name in ("site", "airflow-scheduler"):
            processes.stop(home, name)
