"""The DAGs as Airflow itself reads them: exactly these, without an error, the same each time, and without heavy imports."""

import ast
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from labour_market.contracts import contract_feeds, load_order
from labour_market.settings import CONFIG_DIR, PROJECT_ROOT
from simulator.area import SENDER_CODES
from simulator.scenario import feeds_of

DAGS = PROJECT_ROOT / "dags"
FILES = sorted(DAGS.glob("*.py"))
EXPECTED = {
    *(f"ingest_{feed}" for feed in contract_feeds()),
    "build_marts",
    "enforce_retention",
    "reconcile_batches",
    "replay_batches",
    "review_occupation_code",
    "send_digest",
}
HEAVY = ("great_expectations", "pandas", "dbt", "psycopg")  # seconds each, which every parse of the DAGs would take
READ = """
import hashlib, json, sys
import airflow.sdk
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
bag = DagBag(dag_folder=sys.argv[1])
print(json.dumps({
    "errors": bag.import_errors,
    "imported": sorted(module for module in sys.modules if module.partition(".")[0] in sys.argv[2:]),
    "dags": {
        dag_id: {
            "hash": hashlib.sha256(json.dumps(DagSerialization.to_dict(dag), sort_keys=True, default=str).encode()).hexdigest(),
            "tasks": sorted(task.task_id for task in dag.tasks),
            "doc": dag.doc_md,
            "title": dag.dag_display_name,
            "pools": sorted({task.pool for task in dag.tasks}),
            "params": sorted(dag.params),
            "priorities": sorted({task.priority_weight for task in dag.tasks}),
        }
        for dag_id, dag in bag.dags.items()
    },
}))
"""


def read_dags(home: Path) -> dict:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    }
    done = subprocess.run(
        [sys.executable, "-c", READ, str(DAGS), *HEAVY],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=home,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def twice(tmp_path_factory) -> tuple[dict, dict]:
    home = tmp_path_factory.mktemp("airflow")
    return read_dags(home), read_dags(home)


def test_there_are_exactly_these_dags_and_all_import(twice):
    assert twice[0]["errors"] == {}
    assert set(twice[0]["dags"]) == EXPECTED


def test_reading_twice_gives_the_same_dags(twice):
    first, second = ({dag_id: dag["hash"] for dag_id, dag in read["dags"].items()} for read in twice)
    assert first == second


def test_reading_the_dags_imports_nothing_heavy(twice):
    assert twice[0]["imported"] == []


def test_a_person_can_start_a_feed_for_some_districts_one_period_and_without_loading(twice):
    ingests = {dag_id: dag["params"] for dag_id, dag in twice[0]["dags"].items() if dag_id.startswith("ingest_")}
    assert all(params == ["districts", "mode", "period"] for params in ingests.values()), ingests


def test_feeds_that_wait_for_the_same_slots_go_in_the_order_of_a_load_without_the_scheduler(twice):
    priorities = [twice[0]["dags"][f"ingest_{feed}"]["priorities"] for feed in load_order()]
    assert priorities == [[priority] for priority in range(len(priorities), 0, -1)]


def test_every_pool_that_a_task_waits_for_is_made_and_no_other(twice):
    made = set(json.loads((CONFIG_DIR / "pools.json").read_text(encoding="utf-8")))
    assert {pool for dag in twice[0]["dags"].values() for pool in dag["pools"]} - {"default_pool"} == made


def test_every_dag_is_described_in_vietnamese_and_english(twice):
    for dag_id, dag in twice[0]["dags"].items():
        assert dag["doc"], dag_id
        assert not dag["doc"].splitlines()[0].isascii(), f"{dag_id}: the first line of its text is for Vietnamese readers"
        assert not dag["title"].isascii(), f"{dag_id} has no Vietnamese title"


def test_a_good_night_stays_under_a_hundred_tasks(twice):
    """Each ingest DAG has one mapped task, once for each of its senders, and one that only runs in a bad night."""
    senders = Counter(feed for code in SENDER_CODES for feed in feeds_of(code))
    assert len(SENDER_CODES) == 17
    assert set(senders) == set(contract_feeds())
    count = sum(len(twice[0]["dags"][f"ingest_{feed}"]["tasks"]) - 2 + times for feed, times in senders.items())
    count += len(twice[0]["dags"]["build_marts"]["tasks"])
    assert count < 100


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_dag_file_templates_only_what_airflow_renders(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    allowed = {
        keyword.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in ("map_index_template", "body")
    }
    templated = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) and "{{" in node.value]
    assert all(node in allowed for node in templated)


def test_the_timetable_names_every_dag():
    text = (DAGS / "README.md").read_text(encoding="utf-8")
    assert all(f"`{dag_id}`" in text for dag_id in EXPECTED)
