"""Runs of an ingest DAG in Airflow itself: one in which a sender was not requested or reached is red, and what arrived is loaded."""

import json
import os
import subprocess
import sys

import pytest
from labour_market.settings import PROJECT_ROOT

RUN = """
import json, sys
from labour_market import gateway
from labour_market.errors import LabourMarketError, UsageError
from labour_market.gateway import GatewayDeadlineError, Sender, WrongSenderError
from labour_market.ingestion import loading, pulling
from labour_market.ingestion.loading import LoadReport

kind, loaded = "", []

def load_senders(path):
    if kind == "broken senders file":
        raise UsageError("not YAML")
    codes = () if kind == "no sender of the feed" else ("794", "795")
    return [Sender("SC", "SC", "http://a", "t", ("placements",)), *(Sender(c, c, "http://a", "t", ("employers",)) for c in codes)]

def pull(feed, sender, period=None):
    if sender.code == "795" and kind in ERRORS:
        raise ERRORS[kind]
    return [1]

def load(feed):
    loaded.append(feed)
    return LoadReport(feed, errors={1: "KeyError"} if kind == "internal error of a batch" else {})

ERRORS = {"wrong entry": WrongSenderError("wrong"), "time used up": GatewayDeadlineError(), "internal error of a pull": KeyError("x")}
gateway.load_senders, pulling.pull, loading.load, pulling.record_senders = load_senders, pull, load, lambda *_: None

from airflow.dag_processing.dagbag import DagBag
dag = DagBag(dag_folder=sys.argv[1]).dags["ingest_employers"]
dag.get_task("load").retries = 0  # a retry waits for a minute
found = {}
for kind in ("good night", "broken senders file", "no sender of the feed", *ERRORS, "internal error of a batch"):
    loaded.clear()
    run = dag.test()
    found[kind] = {"state": str(run.state), "loaded": list(loaded), "tasks": {t.task_id: str(t.state) for t in run.get_task_instances()}}
print(json.dumps(found))
"""
BAD_NIGHTS = ("broken senders file", "no sender of the feed", "wrong entry", "time used up", "internal error of a pull")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict:
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT_ROOT / "dags"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "LMW_HOME": str(home / "home"),
    }
    for command in (["-m", "airflow", "db", "migrate"], ["-c", RUN, str(PROJECT_ROOT / "dags" / "ingest.py")]):
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False, env=environment, cwd=home)
        assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_a_good_night_is_green(runs: dict) -> None:
    night = runs["good night"]
    assert night["state"] == "success" and night["loaded"] == ["employers"]
    assert night["tasks"]["fail_night"] == "skipped"


@pytest.mark.parametrize("kind", BAD_NIGHTS)
def test_a_night_in_which_a_sender_was_not_requested_or_reached_is_red_and_what_arrived_is_loaded(runs: dict, kind: str) -> None:
    night = runs[kind]
    assert night["state"] == "failed"
    assert night["loaded"] == ["employers"]
    assert night["tasks"]["load"] == "success", "its asset starts the build"


def test_an_internal_error_of_a_batch_is_a_red_night(runs: dict) -> None:
    assert runs["internal error of a batch"]["state"] == "failed"
