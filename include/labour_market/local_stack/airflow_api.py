"""Client of the REST API of the stack's own Airflow, with the calls that the demonstration and the commands need."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from labour_market.contracts import contract_feeds
from labour_market.errors import LabourMarketError
from labour_market.settings import PROVINCE_TIME, Settings, secret

BUILD = "build_marts"
DONE = ("success", "failed")


def ingest_dag(feed: str) -> str:
    """The id of the DAG that loads a feed."""
    return f"ingest_{feed}"


@dataclass
class Night:
    """A running night. runs: DAG id -> run id of each ingest DAG; ended: DAG id -> final state; key: the partition key of all runs."""

    runs: dict[str, str] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    key: str | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))


class AirflowApi:
    """A session with the api-server on 127.0.0.1. Methods raise requests.HTTPError when it refuses a request."""

    def __init__(self, settings: Settings) -> None:
        self.base = f"http://127.0.0.1:{settings.airflow_port}"
        self.session = requests.Session()
        response = self.session.post(
            f"{self.base}/auth/token",
            json={"username": "admin", "password": secret(settings, "airflow_admin")},
            timeout=30,
        )
        response.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {response.json()['access_token']}"

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request and return its JSON, None for an empty response. path: after /api/v2."""
        response = self.session.request(method, f"{self.base}/api/v2{path}", timeout=60, **arguments)
        response.raise_for_status()
        return response.json() if response.content else None

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        """Create a pool unless there is one of that name.

        Args:
            name: The pool.
            slots: How many tasks may run in it at once.
            description: What it limits.
        """
        if name not in {pool["name"] for pool in self.call("GET", "/pools")["pools"]}:
            self.call("POST", "/pools", json={"name": name, "slots": slots, "description": description})

    def dag_ids(self) -> set[str]:
        """The ids of all DAGs."""
        return {dag["dag_id"] for dag in self.call("GET", "/dags", params={"limit": 200})["dags"]}

    def is_paused(self, dag_id: str) -> bool:
        """Whether a DAG is paused."""
        return bool(self.call("GET", f"/dags/{dag_id}")["is_paused"])

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run a DAG."""
        self.call("PATCH", f"/dags/{dag_id}", params={"update_mask": "is_paused"}, json={"is_paused": False})

    def trigger(self, dag_id: str, *, conf: dict[str, Any] | None = None, partition_key: str | None = None) -> str:
        """Start a run of a DAG and return its id.

        Args:
            dag_id: The DAG.
            conf: The parameters of the run.
            partition_key: The partition of the run, a day.
        """
        body: dict[str, Any] = {"logical_date": None, "conf": conf or {}}
        if partition_key:
            body["partition_key"] = partition_key
        return str(self.call("POST", f"/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def runs(self, dag_id: str, since: datetime) -> list[dict[str, Any]]:
        """The runs of a DAG that were queued since a moment."""
        found = self.call("GET", f"/dags/{dag_id}/dagRuns", params={"run_after_gte": "2000-01-01T00:00:00Z", "limit": 100})
        return [run for run in found["dag_runs"] if datetime.fromisoformat(run["queued_at"] or "9999-01-01T00:00:00+00:00") >= since]

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The task instances of a run."""
        return list(self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", params={"limit": 500})["task_instances"])

    def start_night(self) -> Night:
        """Unpause the DAGs, so that the scheduler runs the night that is due; where they were not paused, trigger the night's runs.

        Raises:
            LabourMarketError: The scheduler has not started the runs within two minutes.
        """
        night = Night()
        ingests = [ingest_dag(feed) for feed in contract_feeds()]
        due = [dag_id for dag_id in ingests if self.is_paused(dag_id)]
        for dag_id in sorted(self.dag_ids(), key=lambda dag_id: dag_id in ingests):
            self.unpause(dag_id)
        if len(due) < len(ingests):
            night.key = f"{night.started.astimezone(PROVINCE_TIME):%Y-%m-%d}"
            night.runs = {dag_id: self.trigger(dag_id, partition_key=night.key) for dag_id in ingests}
            return night
        while len(night.runs) < len(ingests):
            for dag_id in ingests:
                for run in self.runs(dag_id, night.started):
                    night.runs[dag_id], night.key = run["dag_run_id"], run["partition_key"]
            if (datetime.now(UTC) - night.started).total_seconds() > 120:
                raise LabourMarketError(f"the scheduler has not started {sorted(set(ingests) - set(night.runs))}; see the scheduler's log")
            time.sleep(0.5)
        return night

    def night_is_over(self, night: Night) -> bool:
        """Whether every ingest run and the build after them have ended with success.

        Requests only one unfinished run, not all of them, because the tasks of the night use the same api-server.

        Raises:
            LabourMarketError: A run has failed.
        """
        for dag_id, run in night.runs.items():
            if night.ended.get(dag_id) is None:
                state = self.call("GET", f"/dags/{dag_id}/dagRuns/{run}")["state"]
                if state not in DONE:
                    return False
                night.ended[dag_id] = state
        states = dict(night.ended)
        builds = [run for run in self.runs(BUILD, night.started) if run["partition_key"] == night.key]
        for build in builds:
            states[BUILD] = build["state"]
        failed = [dag_id for dag_id, state in states.items() if state == "failed"]
        if failed and all(state in DONE for state in states.values()):
            raise LabourMarketError(f"the night failed in {', '.join(failed)}: {self.base}/dags/{failed[0]}")
        return bool(builds) and all(state == "success" for state in states.values())
