"""A build: the marts brought up to date with core, over the partitions that the outbox names."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from labour_market.database import connect, require_current_schema
from labour_market.occupations.store import apply_decisions, code_new_titles, read_sent_codes
from labour_market.persons.links import update_links
from labour_market.settings import Settings, load_settings
from labour_market.transform.dbt import BuildError, build_lock, failures, run_dbt
from labour_market.transform.deployment import deploy_if_changed
from labour_market.transform.reference import seed_reference
from labour_market.transform.scope import fill_scope

NIGHTLY = ["config.materialized:incremental", "path:models,resource_type:test", "path:tests"]


@dataclass(frozen=True)
class BuildReport:
    """What a build did: number of partitions, dbt nodes by status, seconds; build_id is None when there was nothing to do."""

    build_id: int | None
    partitions: int
    nodes: dict[str, int]
    seconds: float

    @property
    def sentence(self) -> str:
        """The build in one sentence."""
        if self.build_id is None:
            return "nothing to build: the marts show all that is published"
        counts = ", ".join(f"{count} {status}" for status, count in sorted(self.nodes.items()))
        return f"build {self.build_id}: {self.partitions} partitions in {self.seconds:.1f} s ({counts})"


def build(settings: Settings | None = None) -> BuildReport:
    """Bring the marts up to date with core.

    Raises:
        BuildError: dbt nodes failed; the message names them.
        LabourMarketError: the database has another schema than this release.
    """
    settings = settings or load_settings()
    with connect("transformer", settings, autocommit=True) as connection, build_lock(connection):
        require_current_schema(connection)
        seed_reference(settings)
        deploy_if_changed(connection, settings)
        decided = apply_decisions(connection) is not None
        code_new_titles(connection)
        read_sent_codes(connection)
        update_links(connection)
        row = connection.execute("select max(event_id), coalesce(bool_or(built_at is null), false) from ops.outbox").fetchone()
        if row is None or row[0] is None or not (row[1] or decided):
            return BuildReport(None, 0, {}, 0.0)
        build_id, partitions = _open(connection, row[0])
        results = run_dbt(["build", "--select", *NIGHTLY, "--exclude", "tag:key", "--exclude-resource-type", "seed", "unit_test"], settings)
        nodes = _record(connection, build_id, results)
        failed = failures(results)
        connection.execute(
            "update ops.build set finished_at = clock_timestamp(), succeeded = %s, detail = %s where build_id = %s",
            [not failed, "; ".join(failed)[:2000] or None, build_id],
        )
        if failed or not results:
            raise BuildError(f"build {build_id} failed: " + ("; ".join(failed) or "dbt gave no result"))
        connection.execute("update ops.outbox set built_at = clock_timestamp() where built_at is null and event_id <= %s", [row[0]])
        return BuildReport(build_id, partitions, nodes, sum(float(r["execution_time"]) for r in results))


def overdue(patience: timedelta, settings: Settings | None = None) -> bool:
    """Whether something published has waited longer than that for a build."""
    with connect("transformer", settings or load_settings()) as connection:
        row = connection.execute(
            "select exists (select from ops.outbox where built_at is null and created_at < clock_timestamp() - %s)", [patience]
        ).fetchone()
        return bool(row and row[0])


def _open(connection: psycopg.Connection, up_to_event: int) -> tuple[int, int]:
    """Fill the scope and open the build's row; returns the build's number and how many partitions are in the scope."""
    with connection.transaction():
        partitions = fill_scope(connection, up_to_event)
        row = connection.execute(
            "insert into ops.build (up_to_event, partitions) values (%s, %s) returning build_id", [up_to_event, partitions]
        ).fetchone()
    assert row
    connection.execute("analyze ops.build_scope")  # a plan made for an empty scope would take minutes over a full one
    return int(row[0]), partitions


def _record(connection: psycopg.Connection, build_id: int, results: list[dict[str, Any]]) -> dict[str, int]:
    """Write a row for each node of the build; returns how many nodes have each status."""
    nodes: dict[str, int] = {}
    for result in results:
        nodes[result["status"]] = nodes.get(result["status"], 0) + 1
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.dbt_run_result (build_id, node_id, resource_type, status, seconds, rows_affected, failures, message)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    build_id, r["unique_id"], r["unique_id"].split(".")[0], r["status"], r["execution_time"],
                    (r.get("adapter_response") or {}).get("rows_affected"), r.get("failures"), (r.get("message") or "")[:1000],
                )
                for r in results
            ],
        )  # fmt: skip
    return nodes
