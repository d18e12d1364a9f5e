"""A default night under the scheduler, compared with the same night by `lmw ingest` and `lmw build`, one process each."""

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from labour_market.local_stack import processes, stack
from labour_market.local_stack.airflow_api import BUILD, AirflowApi, Night
from labour_market.settings import load_settings

from tests.bench.throwaway import stack_home

LMW = str(Path(sys.executable).parent / "lmw")


def run() -> list[dict[str, Any]]:
    """The night under Airflow and without it; task instances and the memory of everything that ran."""
    with stack_home():
        scheduled, tasks, scheduled_mb = _scheduled()
    with stack_home():
        plain, plain_mb = _plain()
    return [
        {
            "what": "a night under the scheduler / by lmw ingest and lmw build",
            "ratio": scheduled / plain,
            "seconds": [scheduled, plain],
            "peak_mb": [scheduled_mb, plain_mb],
        },
        {
            "what": "seconds of the night under the scheduler / 120",
            "ratio": scheduled / 120,
            "bar": 1.0,
            "bar_text": "<= 1",
            "seconds": [scheduled],
            "peak_mb": [scheduled_mb],
        },
        {
            "what": "task instances of the night / 100",
            "ratio": tasks / 100,
            "bar": 1.0,
            "bar_text": "< 1",
            "seconds": [],
            "peak_mb": [],
        },
        {
            "what": "memory of everything at its peak / 4 GB",
            "ratio": scheduled_mb / 4096,
            "bar": 1.0,
            "bar_text": "< 1",
            "seconds": [],
            "peak_mb": [scheduled_mb],
        },
    ]


def _scheduled() -> tuple[float, int, int]:
    settings = load_settings()
    stack.up()
    with _Memory(settings.home) as memory:
        api = stack.airflow_client(settings)
        started = time.monotonic()
        night = api.start_night()
        while not api.night_is_over(night):
            if time.monotonic() - started > 900:
                raise RuntimeError("the night was not over after 900 s")
            time.sleep(0.5)
        taken = time.monotonic() - started
    return taken, _count_task_instances(api, night), memory.peak_mb


def _count_task_instances(api: AirflowApi, night: Night) -> int:
    """The task instances that a night started, those of the build included. A skipped task starts no process."""
    builds = {run["dag_run_id"] for run in api.runs(BUILD, night.started) if run["partition_key"] == night.key}
    runs = [*night.runs.items(), *((BUILD, run) for run in builds)]
    return sum(task["state"] != "skipped" for dag_id, run in runs for task in api.task_instances(dag_id, run))


def _plain() -> tuple[float, int]:
    settings = load_settings()
    stack.up(airflow=False)
    with _Memory(settings.home) as memory:
        started = time.monotonic()
        for command in ("ingest", "build"):
            subprocess.run([LMW, command], check=True, capture_output=True, env={**os.environ, processes.MARK: str(settings.home)})
        taken = time.monotonic() - started
    return taken, memory.peak_mb


class _Memory:
    """Samples the proportional memory of every process of an installation, the database server included."""

    def __init__(self, home: Path) -> None:
        self.home, self.peak_mb, self._done = home, 0, threading.Event()

    def __enter__(self) -> "_Memory":
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(2):
            found = processes.leftovers(self.home)
            postmaster = self.home / "postgres" / "postmaster.pid"
            if postmaster.exists():
                server = psutil.Process(int(postmaster.read_text().split()[0]))
                found += [server, *server.children(recursive=True)]
            self.peak_mb = max(self.peak_mb, sum(map(_proportional_kb, {p.pid for p in found})) // 1024)


def _proportional_kb(pid: int) -> int:
    """Shared pages count for each process by its share, so that forks are not counted twice."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
    return int(found[1]) if found else 0
