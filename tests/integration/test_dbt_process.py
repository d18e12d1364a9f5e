"""The process of dbt: it ends with its build, and shares no file with another one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import psycopg
import pytest
from labour_market.settings import load_settings
from labour_market.transform.dbt import DbtProcess, run_dbt

SEEDS = ["build", "--select", "industry_section"]
BUILD = f"""
from labour_market.settings import load_settings
from labour_market.transform.dbt import DbtProcess
with DbtProcess(load_settings()) as dbt:
    print(dbt.process.pid, flush=True)
    dbt.run({SEEDS!r})
"""
DBT_SESSIONS = "select count(*) from pg_stat_activity where datname = current_database() and usename = 'transformer'"


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not (reached := true()) and time.monotonic() < until:
        time.sleep(0.1)
    return reached


@pytest.fixture
def seeded(warehouse: str) -> str:
    """The administrator's DSN of a warehouse whose project is parsed."""
    run_dbt(SEEDS, load_settings())
    return warehouse


@pytest.mark.parametrize("reads_its_command", [True, False])
def test_dbt_and_its_statements_end_when_their_build_is_killed(seeded, reads_its_command):
    with psycopg.connect(seeded) as holder, psycopg.connect(seeded, autocommit=True) as admin:
        holder.execute("lock table reference.industry_section in access exclusive mode")  # dbt waits for it for 30 seconds
        program = BUILD if reads_its_command else BUILD.replace("dbt.run", "__import__('time').sleep(60), dbt.run")
        build = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        assert build.stdout
        dbt = psutil.Process(int(build.stdout.readline()))
        if reads_its_command:
            assert wait_until(lambda: admin.execute(DBT_SESSIONS).fetchone() > (0,), 60), "dbt has begun"
        build.send_signal(signal.SIGKILL)
        build.wait()
        assert wait_until(lambda: not dbt.is_running() or dbt.status() == psutil.STATUS_ZOMBIE, 20)
        assert wait_until(lambda: admin.execute(DBT_SESSIONS).fetchone() == (0,), 20)


def test_two_runs_at_once_have_their_own_results_and_leave_the_parsed_project(seeded):
    with DbtProcess(load_settings()) as first, DbtProcess(load_settings()) as second:
        kept = first.parsed
        before = kept.stat().st_mtime
        one = second.run(SEEDS)
        other = first.run(["compile", "--select", "stg_ops__batch"])
        assert first.work != second.work
    assert {result["resource_type"] for result in one} >= {"seed"}
    assert {result["unique_id"] for result in other} >= {"model.labour_market.stg_ops__batch"}
    assert not {result["unique_id"] for result in one} & {result["unique_id"] for result in other}
    assert json.loads((kept.parent / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    assert kept.exists() and kept.stat().st_mtime >= before
    assert not first.work.exists() and not second.work.exists()


def test_the_folder_of_a_run_that_was_killed_long_ago_is_removed(seeded):
    abandoned, recent = (load_settings().home / "dbt" / name for name in ("run-abandoned", "run-recent"))
    for folder in (abandoned, recent):
        folder.mkdir(exist_ok=True)
    os.utime(abandoned, (0, 0))
    with DbtProcess(load_settings()):
        assert not abandoned.exists() and recent.exists()
    recent.rmdir()
