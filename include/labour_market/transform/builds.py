"""A build: the marts brought up to date with core, over the partitions that the outbox names."""

import json
import logging
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from labour_market.batches.outbox import pending_events, rebuild_every_partition
from labour_market.batches.states import OPEN_STATES
from labour_market.contracts import load_contracts
from labour_market.database import connect, read_sql, require_current_schema
from labour_market.database.kept_settings import BUILT_STATE, FULL_BUILD, SEED_HASH, keep_setting, read_setting
from labour_market.logs import log_stage
from labour_market.settings import Settings, load_settings
from labour_market.transform.dbt import BuildError, DbtProcess, build_lock, failures
from labour_market.transform.deployment import deploy_if_changed, deployed_project
from labour_market.transform.reference import seed_reference
from labour_market.transform.scope import fill_scope
from labour_market.transform.selection import every_node, nodes_of_feeds

LOG = logging.getLogger(__name__)

FULL_BUILD_EVERY = timedelta(days=7)  # full_build_days of dbt_project.yml
# what a build does not need: files of the parsed project, and the relations of schemas that it does not write
LEAN = ["--no-write-json", "--cache-selected-only"]


@dataclass(frozen=True)
class BuildReport:
    """What a build did: number of partitions, dbt nodes by status, seconds. build_id is None when there was nothing to do."""

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


def build(settings: Settings | None = None, *, full: bool = False) -> BuildReport:
    """Bring the marts up to date with core.

    Only the tables that the changed partitions can change are written and tested. All are when the project or a reference list has changed
    since the last build of all, and once a week.

    Args:
        settings: of the installation.
        full: write every partition again, and write and test every table.

    Raises:
        BuildError: dbt nodes failed; the message names them.
        LabourMarketError: the database has another schema than this release.
    """
    settings = settings or load_settings()
    with connect("transformer", settings, autocommit=True) as connection, build_lock(connection):
        begun = time.monotonic()
        require_current_schema(connection)
        seed_reference(settings)
        deploy_if_changed(connection, settings)
        if full:
            rebuild_every_partition(connection)
        with ExitStack() as stack:
            # dbt loads for seconds: meanwhile titles are coded and persons linked
            dbt = stack.enter_context(DbtProcess(settings)) if pending_events(connection) else None
            require_current_schema(connection, load_contracts().values())
            events = _prepared_events(connection)
            state, built = _state(connection), _built_state(connection)
            if not events and state == built:
                return BuildReport(None, 0, {}, 0.0)
            every = full or _full_build_due(connection)
            build_id, feeds, partitions = _open(connection, events)
            selection = every_node() if every else nodes_of_feeds(feeds, decided=state["decisions"] != built.get("decisions"))
            counts = stack.enter_context(log_stage(LOG, "build", build=build_id, events=len(events), partitions=partitions, full=every))
            results = (dbt or stack.enter_context(DbtProcess(settings))).run(["build", *selection, *LEAN], in_one_transaction=True)
            nodes = _record(connection, build_id, results)
            counts.update(nodes)
        failed = failures(results)
        connection.execute(
            "update ops.build set finished_at = clock_timestamp(), succeeded = %s, detail = %s where build_id = %s",
            [not failed, "; ".join(failed)[:2000] or None, build_id],
        )
        if failed or not results:
            raise BuildError(f"build {build_id} failed: " + ("; ".join(failed) or "dbt gave no result"))
        connection.execute("update ops.outbox set built_at = clock_timestamp() where event_id = any(%s)", [events])
        keep_setting(connection, BUILT_STATE, json.dumps(state))
        if every:
            keep_setting(connection, FULL_BUILD, _project_and_lists(connection))
        return BuildReport(build_id, partitions, nodes, time.monotonic() - begun)


def _prepared_events(connection: psycopg.Connection) -> list[int]:
    """Code the titles and link the persons of the pending events; returns the events for which all of that is done.

    An event that arrives meanwhile may bring titles that are not coded yet, and a decision or a link adds events: both are prepared in
    another round.
    """
    # loaded here, while dbt loads in its own process: the coder needs numpy
    from labour_market.occupations.store import apply_decisions, code_new_titles, read_sent_codes
    from labour_market.persons.links import update_links

    while True:
        events = pending_events(connection)
        with log_stage(LOG, "prepare", events=len(events)) as counts:
            counts["changed_titles"] = apply_decisions(connection)
            counts["new_titles"] = code_new_titles(connection)
            counts["sent_codes"] = read_sent_codes(connection)
            update_links(connection)
        if pending_events(connection) == events:
            return events


def _state(connection: psycopg.Connection) -> dict[str, Any]:
    """What changes figures without an event: decisions on provisional codes, the reporting cutoff date, and how batches ended.

    None of the decisions and moves is ever changed or deleted, so their number is enough; a proposal changes nothing.
    """
    row = connection.execute(read_sql(__package__, "state_of_figures"), {"open": list(OPEN_STATES)}).fetchone()
    assert row
    return dict(zip(("decisions", "cutoff", "ended_batches"), row, strict=True))


def _built_state(connection: psycopg.Connection) -> dict[str, Any]:
    """The state of the last build that succeeded."""
    return dict(json.loads(read_setting(connection, BUILT_STATE) or "{}"))


def _project_and_lists(connection: psycopg.Connection) -> str:
    """The digests of the deployed project and of the loaded reference lists."""
    return f"{deployed_project(connection).get('digest')} {read_setting(connection, SEED_HASH)}"


def _full_build_due(connection: psycopg.Connection) -> bool:
    """Whether the project or a list has changed since the last build of every table, or that was more than a week ago."""
    row = connection.execute(
        "select exists (select from ops.setting where name = %s and value = %s and set_at > clock_timestamp() - %s)",
        [FULL_BUILD, _project_and_lists(connection), FULL_BUILD_EVERY],
    ).fetchone()
    return not (row and row[0])


def overdue(patience: timedelta, settings: Settings | None = None) -> bool:
    """Whether something published has waited longer than that for a build."""
    with connect("transformer", settings or load_settings()) as connection:
        row = connection.execute(
            "select exists (select from ops.outbox where built_at is null and created_at < clock_timestamp() - %s)", [patience]
        ).fetchone()
        return bool(row and row[0])


def _open(connection: psycopg.Connection, events: list[int]) -> tuple[int, list[str], int]:
    """Fill the scope and open the build's row; returns the build's number, and the feeds and the number of partitions in the scope."""
    with connection.transaction():
        partitions = fill_scope(connection, events)
        row = connection.execute(
            "insert into ops.build (up_to_event, partitions)"
            " select coalesce(%s, (select max(event_id) from ops.outbox), 0), %s returning build_id",
            [max(events, default=None), partitions],
        ).fetchone()
    assert row
    connection.execute("analyze ops.build_scope")  # a plan made for an empty scope would take minutes over a full one
    feeds = connection.execute("select distinct feed from ops.build_scope order by 1").fetchall()
    return int(row[0]), [feed for (feed,) in feeds], partitions


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
                    build_id, r["unique_id"], r["resource_type"], r["status"], r["execution_time"], r["rows_affected"], r["failures"],
                    (r["message"] or "")[:1000],
                )
                for r in results
            ],
        )  # fmt: skip
    return nodes
