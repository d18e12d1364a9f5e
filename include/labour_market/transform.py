"""From core to the marts: one dbt build over the partitions that the outbox names."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, sql
from psycopg.rows import dict_row

from labour_market.contracts import TakesFrom, load_contracts
from labour_market.database import connect, dsn
from labour_market.errors import LabourMarketError
from labour_market.occupations.local import seed_local_trades
from labour_market.settings import DBT_DIR, Settings, load_settings

SEED_HASH = "seed_hash"
NIGHTLY = ["config.materialized:incremental", "path:models,resource_type:test", "path:tests"]


class BuildError(LabourMarketError):
    """A model or a red test failed. What comes after it was skipped, and the outbox keeps its events for the next build."""


@dataclass(frozen=True)
class BuildReport:
    """What a build did: partitions taken up, dbt nodes by status, seconds; build_id is None when there was nothing to do."""

    build_id: int | None
    partitions: int
    nodes: dict[str, int]
    seconds: float

    @property
    def sentence(self) -> str:
        if self.build_id is None:
            return "nothing to build: the marts show all that is published"
        told = ", ".join(f"{count} {status}" for status, count in sorted(self.nodes.items()))
        return f"build {self.build_id}: {self.partitions} partitions in {self.seconds:.1f} s ({told})"


def build(settings: Settings | None = None) -> BuildReport:
    """Bring the marts up to date with core. Raises BuildError naming the dbt nodes that failed."""
    settings = settings or load_settings()
    with connect("transformer", settings, autocommit=True) as connection, _build_lock(connection):
        seed_reference(settings)
        _lay(connection, settings)
        from labour_market.occupations.store import apply_decisions, code_new_titles, read_sent_codes
        from labour_market.persons.links import update_links

        decided = apply_decisions(connection) is not None
        code_new_titles(connection)
        read_sent_codes(connection)
        update_links(connection)
        row = connection.execute("select max(event_id), coalesce(bool_or(built_at is null), false) from ops.outbox").fetchone()
        if row is None or row[0] is None or not (row[1] or decided):
            return BuildReport(None, 0, {}, 0.0)
        build_id, partitions = _open(connection, row[0])
        results = _dbt(["build", "--select", *NIGHTLY, "--exclude-resource-type", "seed", "unit_test"], settings)
        nodes = _record(connection, build_id, results)
        failed = _failures(results)
        connection.execute(
            "update ops.build set finished_at = clock_timestamp(), succeeded = %s, detail = %s where build_id = %s",
            [not failed, "; ".join(failed)[:2000] or None, build_id],
        )
        if failed or not results:
            raise BuildError(f"build {build_id} failed: " + ("; ".join(failed) or "dbt gave no result"))
        connection.execute("update ops.outbox set built_at = clock_timestamp() where built_at is null and event_id <= %s", [row[0]])
        return BuildReport(build_id, partitions, nodes, sum(float(r["execution_time"]) for r in results))


def lay_marts(settings: Settings | None = None) -> bool:
    """Make the tables and views of the star, with their descriptions, when the dbt project has changed since; returns whether it did.

    A nightly build then only fills the tables. Raises BuildError naming the models that failed.
    """
    settings = settings or load_settings()
    with connect("transformer", settings, autocommit=True) as connection, _build_lock(connection):
        seed_reference(settings)
        return _lay(connection, settings)


def _lay(connection: psycopg.Connection, settings: Settings) -> bool:
    """The digest of the project is a comment on both schemas, so that it goes with what it speaks of.

    Rows that an older project wrote may say something else today, or nothing in a new column: the next build writes every partition again.
    """
    files = [DBT_DIR / "dbt_project.yml", *sorted((DBT_DIR / "macros").rglob("*.*")), *sorted((DBT_DIR / "models").rglob("*.*"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    laid: dict[str, str | None] = dict(
        connection.execute(
            "select nspname, obj_description(oid, 'pg_namespace') from pg_namespace where nspname in ('marts', 'bi')"
        ).fetchall()
    )
    if laid == {"marts": digest, "bi": digest}:
        return False
    connection.execute("delete from ops.build_scope")
    failed = _failures(_dbt(["run", "--select", "path:models"], settings))
    if failed:
        raise BuildError("the marts could not be laid: " + "; ".join(failed))
    _analyze(connection, "marts")
    for schema in ("marts", "bi"):
        connection.execute(sql.SQL("comment on schema {} is {}").format(sql.Identifier(schema), sql.Literal(digest)))
    if laid.get("marts") not in (None, digest):
        connection.execute("update ops.outbox set built_at = null")
    return True


def recount(moment: datetime, settings: Settings | None = None) -> list[dict[str, Any]]:
    """Every indicator as today's rules, codes and links count it from the rows that core held at that moment: the columns of bi.indicator.

    All of history is counted, in a schema that is gone afterwards: as long as a first build. Raises BuildError naming what failed.
    """
    settings = settings or load_settings()
    away = sql.SQL("drop schema if exists recounted cascade")
    with connect("transformer", settings, autocommit=True) as connection, _build_lock(connection):
        connection.execute(away)
        try:
            known_at = json.dumps({"known_at": moment.isoformat()})
            failed = _failures(_dbt(["run", "--select", "+indicator", "--vars", known_at], settings, "dbt-recount"))
            if failed:
                raise BuildError("the figures could not be counted again: " + "; ".join(failed))
            return (
                connection.cursor(row_factory=dict_row)
                .execute("select * from recounted.indicator order by metric, period_kind, period, area_mode, area_code, breakdown")
                .fetchall()
            )
        finally:
            connection.execute(away)


def overdue(patience: timedelta, settings: Settings | None = None) -> bool:
    """Whether something published has waited longer than that for a build."""
    with connect("transformer", settings or load_settings()) as connection:
        row = connection.execute(
            "select exists (select from ops.outbox where built_at is null and created_at < clock_timestamp() - %s)", [patience]
        ).fetchone()
        return bool(row and row[0])


def seed_reference(settings: Settings | None = None) -> bool:
    """Load and test the reference lists when a seed file has changed since they were loaded; returns whether it did.

    The audit needs them before the first build. Raises BuildError naming the list or the test of it that failed.
    """
    settings = settings or load_settings()
    seed_local_trades(settings)
    files = sorted([*(DBT_DIR / "seeds").rglob("*.csv"), *(DBT_DIR / "seeds").rglob("*.yml")])
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    with connect("transformer", settings, autocommit=True) as connection:
        known = connection.execute("select value from ops.setting where name = %s", [SEED_HASH]).fetchone()
        if known and known[0] == digest:
            return False
        _widen(connection, [path for path in files if path.suffix == ".csv"])
        # cautious: only tests of the lists themselves, not those of models that do not stand yet
        failed = _failures(_dbt(["build", "--select", "path:seeds", "--indirect-selection", "cautious"], settings))
        if failed:
            raise BuildError("the reference lists could not be loaded: " + "; ".join(failed))
        _analyze(connection, "reference")
        connection.execute(
            "insert into ops.setting (name, value) values (%s, %s)"
            " on conflict (name) do update set value = excluded.value, set_at = clock_timestamp()",
            [SEED_HASH, digest],
        )
    return True


def _analyze(connection: psycopg.Connection, schema: str) -> None:
    """What was just filled, before anything is planned over it: an audit that took a list for empty was seven times slower."""
    tables = connection.execute("select tablename from pg_tables where schemaname = %s order by 1", [schema]).fetchall()
    for (table,) in tables:
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table)))


def _widen(connection: psycopg.Connection, seeds: list[Path]) -> None:
    """Give a list that stands already the columns that its file has gained: dbt would drop the table, and what is built on it."""
    for path in seeds:
        table = sql.Identifier("reference", path.stem)
        header = path.read_text(encoding="utf-8").split("\n", 1)[0].strip().split(",")
        for column in header:
            connection.execute(sql.SQL("alter table if exists {} add column if not exists {} text").format(table, sql.Identifier(column)))


@contextmanager
def _build_lock(connection: psycopg.Connection) -> Iterator[None]:
    """One build at a time; a second one waits, and then finds nothing left to build."""
    connection.execute("select pg_advisory_lock(hashtextextended('lmw.build', 0))")
    try:
        yield
    finally:
        connection.execute("select pg_advisory_unlock(hashtextextended('lmw.build', 0))")


def _open(connection: psycopg.Connection, up_to_event: int) -> tuple[int, int]:
    """Fill the scope with the partitions that changed up to this event, and open the build's row."""
    with connection.transaction():
        connection.execute("delete from ops.build_scope")
        partitions = connection.execute(
            "insert into ops.build_scope (feed, sender_code, period)"
            " select distinct feed, sender_code, period from ops.outbox where built_at is null and event_id <= %s",
            [up_to_event],
        ).rowcount
        followers = [(feed, told) for feed, contract in load_contracts().items() for told in contract.takes_from]
        added = 1
        while added:  # what follows may itself be followed
            added = sum(_follow(connection, feed, told) for feed, told in followers)
            partitions += added
        row = connection.execute(
            "insert into ops.build (up_to_event, partitions) values (%s, %s) returning build_id", [up_to_event, partitions]
        ).fetchone()
    assert row
    connection.execute("analyze ops.build_scope")  # a plan made for an empty scope would take minutes over a full one
    return int(row[0]), partitions


def _follow(connection: psycopg.Connection, feed: str, told: TakesFrom) -> int:
    """Take up the partitions of a feed whose records share their numbers with records of the scope; returns how many are new.

    Two pseudonyms of one person are one number.
    """
    return connection.execute(
        sql.SQL(
            "insert into ops.build_scope (feed, sender_code, period)"
            " select distinct {feed}, follower.sender_code, follower.period from ops.build_scope as scope"
            " join core.{told_by} as told on scope.sender_code = told.sender_code and scope.period = told.period"
            " join core.{follower} as follower on {shared}"
            " where scope.feed = {told} and follower.recorded_to = 'infinity' on conflict do nothing"
        ).format(
            feed=sql.Literal(feed),
            follower=sql.Identifier(feed),
            told_by=sql.Identifier(told.feed),
            told=sql.Literal(told.feed),
            shared=sql.SQL(" and ").join(
                sql.SQL("{} = {}").format(_number("follower", column), _number("told", column)) for column in told.by
            ),
        )
    ).rowcount


def _number(alias: str, column: str) -> sql.Composed:
    number = sql.Identifier(alias, column)
    if column != "person_key":
        return sql.SQL("{}").format(number)
    return sql.SQL("coalesce((select same.person_key from ops.person_identity as same where same.alias_key = {0}), {0})").format(number)


def _dbt(arguments: list[str], settings: Settings, folder: str = "dbt") -> list[dict[str, Any]]:
    """Run dbt in a process of its own and give the results of its nodes. Raises BuildError when it could not even begin.

    What dbt keeps of a parsed project, in the folder, holds for one set of variables.
    """
    work = settings.home / folder
    work.mkdir(parents=True, exist_ok=True)
    target = work / "target"
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    parts = conninfo.conninfo_to_dict(dsn("transformer", settings))
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"), *arguments, "--project-dir", str(DBT_DIR), "--profiles-dir", str(DBT_DIR),
            "--target-path", str(target), "--log-path", str(work / "logs"), "--no-use-colors",
            "--log-level-file", "info", "--log-level", "warn",
        ],
        env={
            **os.environ,
            "LMW_DBT_HOST": str(parts["host"]),
            "LMW_DBT_PORT": str(parts.get("port", 5432)),
            "LMW_DBT_USER": str(parts["user"]),
            "DBT_ENV_SECRET_PASSWORD": str(parts["password"]),
            "LMW_DBT_DBNAME": str(parts["dbname"]),
            "DBT_ENGINE_HINTS_ENABLED": "false",
            "PGOPTIONS": "-c lock_timeout=30s",
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if not results.exists():
        raise BuildError(f"dbt {arguments[0]} did not run: {(done.stdout + done.stderr)[-2000:]}")
    return list(json.loads(results.read_text(encoding="utf-8"))["results"])


def _record(connection: psycopg.Connection, build_id: int, results: list[dict[str, Any]]) -> dict[str, int]:
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


def _failures(results: list[dict[str, Any]]) -> list[str]:
    """A sentence for each node that failed: its name and the beginning of what dbt says."""
    sentences = []
    for result in results:
        if result["status"] in ("error", "fail", "runtime error"):
            said = (result.get("message") or result["status"]).strip().splitlines()
            sentences.append(f"{result['unique_id'].split('.')[2]}: {' '.join(line.strip() for line in said[:2])}")
    return sentences
