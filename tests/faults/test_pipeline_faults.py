"""Faults between two steps of the pipeline: the audit, the build, replays, announcements, erasures, and a load that is stopped."""

import json
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy
from labour_market import transform
from labour_market.contracts import load_contract, load_order
from labour_market.database import connect, locks
from labour_market.database.tables import core_columns
from labour_market.gateway import load_senders
from labour_market.ingestion import publishing
from labour_market.ingestion.erasure import approve_erasure, pseudonym_of, request_erasure
from labour_market.ingestion.loading import load
from labour_market.ingestion.pipeline import ingest
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.replay import replay
from labour_market.quality import gate, suites
from labour_market.transform.dbt import BuildError
from psycopg import sql
from simulator import build_province, serve

from tests.faults import children, fault
from tests.faults.offices import Office
from tests.faults.sent import FEEDS, PERIODS, READ_AS, SENDERS, person_number

OPERATIONS = {"because": "hồ sơ 12", "legal_basis": "Luật 91/2025/QH15, điều 14"}


def wait_until(true: Callable[[], Any], seconds: float = children.PATIENCE_SECONDS) -> Any:
    """Wait for a condition; returns it."""
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)
    return found


def send_to_all(office: Office, seed: int, *feeds: str) -> random.Random:
    """A first delivery of some feeds from both senders, with a bad record here and there. Returns the random numbers of the seed."""
    rng = random.Random(seed)
    for feed in feeds or FEEDS:
        for sender in SENDERS:
            period = rng.choice(PERIODS[feed])
            office.send(office.make(feed, sender, period, version=rng.randint(1, 9), withdrawn=rng.randint(0, 4), bad=rng.randint(0, 1)))
    return rng


# ---- the audit


def _suite_raises(error: Exception) -> Callable[[pytest.MonkeyPatch], None]:
    def spoil(patch: pytest.MonkeyPatch) -> None:
        def raise_it(*_: Any) -> Any:
            raise error

        patch.setattr(suites, "_results", raise_it)

    return spoil


def _evaluates_fewer(patch: pytest.MonkeyPatch) -> None:
    made = suites._results
    patch.setattr(suites, "_results", lambda *arguments: made(*arguments)[1:])


def _lacks_a_column(patch: pytest.MonkeyPatch) -> None:
    """The SQL of a rule names a column that is not there."""
    made = gate.checks_of

    def checks(contract: Any) -> Any:
        first, *others = made(contract)
        return [replace(first, arguments=json.loads(json.dumps(first.arguments).replace("{stage}", "stage.none"))), *others]

    patch.setattr(gate, "checks_of", checks)
    built = suites.build_suite

    def with_unknown_column(name: str, found: Any) -> Any:
        suite = built(name, found)
        suite.add_expectation(suites.gxe.ExpectColumnMaxToBeBetween(column="no_such_column", max_value=1, meta={"rule": "x", "check": 0}))
        return suite

    patch.setattr(gate, "build_suite", with_unknown_column)


def _session_is_ended(patch: pytest.MonkeyPatch) -> None:
    """The administrator ends the session of the audit while the suite runs."""
    made = suites._results

    def end_others(*arguments: Any) -> Any:
        with connect("auditor", autocommit=True) as auditor:
            auditor.execute(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'auditor' and pid <> pg_backend_pid()"
            )
        return made(*arguments)

    patch.setattr(suites, "_results", end_others)


AUDIT_FAULTS: list[Callable[[pytest.MonkeyPatch], None]] = [
    _suite_raises(MemoryError()),
    _suite_raises(sqlalchemy.exc.OperationalError("select 1", {}, Exception("the server closed the connection"))),
    _evaluates_fewer,
    _lacks_a_column,
    _session_is_ended,
    _suite_raises(suites.GreatExpectationsError("it cannot")),
]


@fault("the audit raises an error", promises="P1 P3 P4")
def test_an_audit_that_raises_is_no_pass_and_no_verdict(seed: int, office: Office) -> None:
    """Right: the batches are failed with a traceback, nothing is published and nobody is blamed; the next load publishes them."""
    send_to_all(office, seed, "fair_sessions")
    office.night("fair_sessions")
    before = office.visible(in_marts=False)
    for sender in SENDERS:
        office.send(office.make("fair_sessions", sender, "2023-06", 7, version=seed % 9 + 1, bad=seed % 2))
    spoil = AUDIT_FAULTS[(seed - 1) % len(AUDIT_FAULTS)]

    def spoilt_night() -> list[str]:
        with pytest.MonkeyPatch.context() as patch:
            spoil(patch)
            return office.pull_and_load("fair_sessions")

    assert children.run(spoilt_night), "an internal error is reported"
    assert {name: content for name, content in office.visible(in_marts=False).items() if content} == {
        name: content for name, content in before.items() if content
    }
    late = [sent.delivery_id for sent in office.pending]
    rows = office.admin.execute(
        "select state, reason_rule, reason_vi, (select detail ->> 'traceback' from ops.batch_event as event"
        " where event.batch_id = batch.batch_id order by event_id desc limit 1) from ops.batch where delivery_id = any(%s)",
        [late],
    ).fetchall()
    assert [row[:3] for row in rows] == [("failed", None, None)] * 2
    assert all("Error" in row[3] for row in rows)
    verdicts = "select count(*) from ops.audit_result join ops.batch using (batch_id, attempt) where delivery_id = any(%s)"
    assert office.admin.execute(verdicts, [late]).fetchone() == (0,)
    office.night("fair_sessions")
    office.check(marts=False)
    assert set(office.states().values()) <= {"published", "superseded"}


# ---- the build


# what fails, how it is brought about, and how it is mended. The failed model leaves its fact as it was; a failed test is of a fact that is
# written already, and keeps the indicators, from which bi is made, as they were
BUILD_FAULTS = [
    (
        "fct_job_order",
        "alter table marts.fct_job_order add constraint none check (openings < 370) not valid",
        "alter table marts.fct_job_order drop constraint none",
    ),
    (
        "every_current_order_is_in_its_fact",
        "update core.job_orders set order_no = null where order_no = 'VL00009' and recorded_to = 'infinity'",
        "update core.job_orders set order_no = 'VL00009' where order_no is null",
    ),
]


@fault("the gate passes and a dbt contract or test fails", promises="P3 P4")
def test_a_failed_build_leaves_the_figures_of_before(seed: int, office: Office) -> None:
    """Right: bi shows the figures of the last good build, the failure is named, the partitions wait and the freshness shows it."""
    rng = send_to_all(office, seed)
    office.night()
    office.build()
    figures = (
        "select metric, period, area_mode, area_code, breakdown, value, numerator, denominator from bi.indicator order by 1, 2, 3, 4, 5"
    )
    before, facts = office.admin.execute(figures).fetchall(), office.visible(in_marts=True)
    assert before
    sender = rng.choice(SENDERS)
    first = next(sent for sent in office.sent if sent.feed == "job_orders" and sent.sender == sender)
    office.send(office.make("job_orders", sender, first.period, 5, version=12))  # openings of 361 to 384
    office.night("job_orders")
    named, spoil, repair = BUILD_FAULTS[seed % len(BUILD_FAULTS)]
    office.admin.execute(spoil)

    def failed_build() -> str:
        with pytest.raises(BuildError) as error:
            transform.build()
        return str(error.value)

    assert named in children.run(failed_build)
    assert office.admin.execute(figures).fetchall() == before
    if named == "fct_job_order":
        assert office.visible(in_marts=True) == facts
    assert reconcile().to_build >= 1
    row = office.admin.execute("select succeeded, detail from ops.build order by build_id desc limit 1").fetchone()
    assert row and row[0] is False and named in row[1]
    office.admin.execute(repair)
    office.build()
    office.check()
    assert office.admin.execute(figures).fetchall() != before
    assert reconcile().to_build == 0


class LateNight:
    """A night of a feed that waits before its publications commit; their events have their numbers already."""

    def __init__(self, office: Office, feed: str) -> None:
        self.office, self.feed = office, feed
        self._waiting, self._go_on = children.FORK.Event(), children.FORK.Event()
        self._child = children.begin(self._work)
        assert self._waiting.wait(children.PATIENCE_SECONDS)

    def commit(self) -> None:
        """Let the publications commit, and wait for the end of the night."""
        self._go_on.set()
        assert self._child.wait() == []
        self.office.conclude(self.feed)

    def _work(self) -> list[str]:
        move = publishing.ledger.move

        def move_later(connection: Any, batch_id: int, attempt: int, to_state: str, *arguments: Any, **named: Any) -> None:
            if to_state == "published":
                self._waiting.set()
                assert self._go_on.wait(children.PATIENCE_SECONDS)
            move(connection, batch_id, attempt, to_state, *arguments, **named)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(publishing.ledger, "move", move_later)
            return self.office.pull_and_load(self.feed)


@fault("a publication commits during a build", promises="P1 P2 P4")
def test_what_commits_during_a_build_is_built_by_the_next(seed: int, office: Office) -> None:
    """Right: an event whose number is lower than those of the build, and which commits while it runs, waits for the next build."""
    rng = send_to_all(office, seed, "fair_sessions", "job_orders")
    office.night("fair_sessions", "job_orders")
    office.build()
    late, built = rng.sample(["fair_sessions", "job_orders"], 2)
    for feed in (late, built):
        sender = rng.choice(SENDERS)
        office.send(office.make(feed, sender, rng.choice(PERIODS[feed]), 9, version=rng.randint(10, 15)))
    night = LateNight(office, late)
    office.night(built)
    builds = "select count(*) from ops.build"
    before = office.admin.execute(builds).fetchone()
    building = children.begin(lambda: transform.build().sentence)
    wait_until(lambda: office.admin.execute(builds).fetchone() != before)
    night.commit()
    assert "build" in building.wait()
    pending = office.admin.execute("select distinct feed from ops.outbox where built_at is null").fetchall()
    assert pending == [(late,)], "it is not marked as built"
    assert reconcile().to_build >= 1
    office.build()
    office.check()
    assert "nothing to build" in office.build()


@fault("a partition is published again between a table of a build and its test", promises="P2 P3 P4")
def test_a_publication_of_the_partition_that_is_built_makes_no_build_red(seed: int, office: Office) -> None:
    """Right: the build ends well with one of the two versions, and the next build has the last one."""
    feed = ("job_orders", "labour_survey")[seed % 2]
    rng = send_to_all(office, seed, feed)
    office.night(feed)
    first = rng.choice(office.sent)
    office.send(office.make(feed, first.sender, first.period, 5, version=3, withdrawn=rng.randint(0, 4)))
    night = LateNight(office, feed)
    written = sql.SQL("select exists (select from pg_locks where relation = {}::regclass and mode = 'RowExclusiveLock')").format(
        sql.Literal(f"marts.{READ_AS[feed][2]}")
    )
    building = children.begin(lambda: transform.build().sentence)
    wait_until(lambda: office.admin.execute(written).fetchone() == (True,))
    night.commit()
    assert "build" in building.wait()
    office.build()
    office.check()


# ---- again, in another order, and from nothing


@fault("runs again, overlapping and reversed backfills", promises="P2 P5")
def test_no_order_of_backfills_and_no_second_run_changes_a_figure(seed: int, office: Office) -> None:
    """Right: whatever the order in which periods are pulled, and however often, the latest version of each period is visible."""
    rng = random.Random(seed)
    feed, sender = rng.choice(FEEDS), rng.choice(SENDERS)
    for period in PERIODS[feed]:
        for sequence in rng.sample((1, 2, 3), rng.randint(1, 3)):
            office.send(
                office.make(feed, sender, period, sequence, version=rng.randint(1, 9), withdrawn=rng.randint(0, 4), bad=rng.randint(0, 1))
            )
    backfills: list[str | None] = [*reversed(PERIODS[feed]), None, *rng.sample(PERIODS[feed], 2)]
    for period in backfills:

        def backfill(period: str | None = period) -> list[str]:
            office.pull(feed, period)
            return load(feed).sentences

        at_once = [children.begin(backfill) for _ in range(rng.randint(1, 2))]
        assert [night.wait() for night in at_once] == [[]] * len(at_once)
    office.night(feed)
    office.check(marts=False)
    office.build()
    office.check()
    before = office.admin.execute("select count(*) from ops.outbox").fetchone()
    office.night(feed)  # a run that is cleared runs again
    assert office.admin.execute("select count(*) from ops.outbox").fetchone() == before, "nothing changed"
    assert "nothing to build" in office.build()
    office.check()


NOT_REPLAYED = {"dim_batch"}  # has the time of each publication


def contents(dsn: str, schema: str, without: set[str]) -> dict[str, list[str]]:
    """Every row of every table of a schema, without the columns that hold times of runs."""
    found = {}
    with psycopg.connect(dsn) as admin:
        tables = admin.execute("select tablename from pg_tables where schemaname = %s order by 1", [schema]).fetchall()
        for (table,) in tables:
            columns = admin.execute(
                "select column_name from information_schema.columns where table_schema = %s and table_name = %s and column_name <> all(%s)"
                " order by ordinal_position",
                [schema, table, list(without)],
            ).fetchall()
            names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in columns)
            query = sql.SQL("select ({})::text from {} order by 1").format(sql.SQL("row({})").format(names), sql.Identifier(schema, table))
            found[table] = [row for (row,) in admin.execute(query)]
    return found


def core_history(dsn: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of core, with its place in the order of recordings of its partition."""
    found = {}
    with psycopg.connect(dsn) as admin:
        for feed in load_order():
            columns = [name for name in core_columns(load_contract(feed)) if name not in ("recorded_from", "recorded_to")]
            query = sql.SQL(
                "select {}, dense_rank() over (order by recorded_from), recorded_to = 'infinity', recorded_to = recorded_from"
                " from core.{} order by batch_id, row_no, recorded_from"
            ).format(sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns), sql.Identifier(feed))
            found[feed] = admin.execute(query).fetchall()
    return found


LEDGER = {"batch": "batch_id", "batch_event": "event_id", "destroyed_file": None}


def copy_ledger(source: str, target: str) -> None:
    """Copy the ledger into an empty warehouse: with the landing store it is all that is left."""
    columns = (
        "select column_name from information_schema.columns where table_schema = 'ops' and table_name = %s and is_generated = 'NEVER'"
        " order by ordinal_position"
    )
    with psycopg.connect(source) as old, psycopg.connect(target) as new:
        for name, number in LEDGER.items():
            table = sql.Identifier("ops", name)
            listed = sql.SQL(", ").join(sql.Identifier(column) for (column,) in old.execute(columns, [name]))
            copied = sql.SQL("copy {} ({}) {}").format
            with (
                old.cursor().copy(copied(table, listed, sql.SQL("to stdout"))) as out,
                new.cursor().copy(copied(table, listed, sql.SQL("from stdin"))) as into,
            ):
                for chunk in out:
                    into.write(chunk)
            if number:
                last = sql.SQL("select setval(pg_get_serial_sequence(%s, %s), (select max({}) from {}))").format(
                    sql.Identifier(number), table
                )
                new.execute(last, [f"ops.{name}", number])


@pytest.mark.timeout(1800)
@fault("everything is replayed into an empty database", promises="P2 P7", most=2)
def test_a_replay_of_all_bytes_gives_the_same_core_history_marts_and_vault(
    seed: int, office: Office, clone: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right: with the ledger and the landing store alone, core with its history, vault, marts and indicators come back."""
    rng = random.Random(seed)
    province = build_province(tmp_path / "province", scale=0.004, scenario="clean" if seed % 2 else "default")
    with serve(province) as gateway:
        gateway.write_senders(tmp_path / "senders.yml")
        everybody = load_senders(tmp_path / "senders.yml")
        children.run(lambda: [report.sentences for report in ingest(everybody, load_order())[0]])
    corrected = rng.choice(SENDERS)
    for feed in FEEDS:
        for sequence in (7, 9, 8):  # a correction, another one, and one that comes late
            office.send(office.make(feed, corrected, PERIODS[feed][-1], sequence, version=sequence, withdrawn=sequence % 4, bad=seed % 2))
            office.night(feed)
    office.build()
    vault = {"last_seen_at", "first_seen_at", "recorded_at", "erased_at"}
    times = {"recorded_at", "built_at", "published_at", "first_seen_at", "last_seen_at", "counted_at", "recorded_from", "recorded_to"}
    before = {
        "core": core_history(office.dsn), "vault": contents(office.dsn, "vault", vault),
        "marts": contents(office.dsn, "marts", times), "indicators": contents(office.dsn, "indicators", times),
    }  # fmt: skip
    with clone() as empty:
        monkeypatch.setenv("WAREHOUSE_DSN", empty)
        copy_ledger(office.dsn, empty)
        assert children.run(lambda: replay(reason="core is lost", dry_run=False))
        children.run(lambda: transform.build().sentence)
        after = {
            "core": core_history(empty), "vault": contents(empty, "vault", vault),
            "marts": contents(empty, "marts", times), "indicators": contents(empty, "indicators", times),
        }  # fmt: skip
        assert not [finding for finding in reconcile().findings if finding.kind in ("lost_records", "orphan_records")]
    assert all(before["core"].values()) and before["marts"]["fct_labour_supply"] and before["vault"]["person"]
    wrong = {
        f"{schema}.{table}": (len(rows), len(after[schema].get(table, [])))
        for schema, tables in before.items()
        for table, rows in tables.items()
        if table not in NOT_REPLAYED and after[schema].get(table) != rows
    }
    assert not wrong, wrong


# ---- announcements


@fault("a rejected delivery is sent again under a corrected announcement", promises="P1 P4 P5")
def test_the_same_bytes_under_a_corrected_announcement_are_published(seed: int, office: Office) -> None:
    """Right: the first is rejected with a reason, and has no effect; the second is published, whether it comes at once or after nights."""
    rng = send_to_all(office, seed)
    office.night()
    feed, sender = FEEDS[seed % len(FEEDS)], rng.choice(SENDERS)
    wrong = office.make(feed, sender, rng.choice(PERIODS[feed]), 5, version=rng.randint(1, 9))
    declared: dict[str, Any] = rng.choice([{"record_count": 3}, {"sha256": "0" * 64}, {"size_bytes": 7}])
    sent = office.send(wrong, **declared)
    if rng.random() < 0.5:
        children.run(lambda: office.pull_and_load(feed))
    second = office.send(replace(wrong, number=len(office.sent) + 1, sequence=rng.choice([5, 6])))
    office.pending.remove(sent)
    office.night(feed)
    assert office.states()[second.delivery_id] in ("published", "superseded")
    office.check(marts=False)
    assert office.states()[sent.delivery_id] == "rejected"


@fault("one delivery id is used in two feeds", promises="P1 P4 P6")
def test_an_id_that_is_used_in_two_feeds_is_reported_and_harms_no_other(seed: int, office: Office) -> None:
    """Right: the first is published; the second is a finding until it comes under an id of its own."""
    rng = random.Random(seed)
    first, second = rng.sample(FEEDS, 2)
    sender, other = rng.sample(SENDERS, 2)
    office.send(office.make(first, sender, PERIODS[first][0]), delivery_id=f"{first[0].upper()}_{seed}.x")
    office.send(office.make(second, other, PERIODS[second][0]))
    office.night(first, second)
    refused = office.make(second, sender, PERIODS[second][0])
    office.send(refused, delivery_id=office.sent[0].delivery_id)
    office.pending.clear()
    office.night(second)
    office.check(marts=False)
    kinds = [(finding.kind, finding.feed, finding.sender_code) for finding in reconcile().findings]
    assert kinds == [("delivery_id_reused", second, sender)]
    office.send(replace(refused, number=len(office.sent) + 1))
    office.night(second)
    office.check(marts=False)


@fault("an announcement changes between the listing and the fetch", promises="P1 P4 P5 P6")
def test_what_is_published_is_what_was_announced(seed: int, office: Office) -> None:
    """Right: the batch is rejected with the rule of it, reconcile has the finding, the earlier version stays; a new id mends it."""
    rng = send_to_all(office, seed)
    office.night()
    feed, sender = rng.choice(FEEDS), rng.choice(SENDERS)
    sent = office.send(office.make(feed, sender, rng.choice(PERIODS[feed]), 5, version=rng.randint(1, 9)))
    asked = children.begin(lambda: office.pull(feed), rng.randint(1, 12) if seed % 2 else 200)
    asked.wait()
    is_landed = office.admin.execute("select sha256 is not null from ops.batch where delivery_id = %s", [sent.delivery_id]).fetchone()
    others = [period for period in PERIODS[feed] if period != sent.period]
    changes: list[dict[str, Any]] = [{"period": others[0]}, {"sequence": 9}, {"sha256": "0" * 64}, {"size_bytes": 7}, {"record_count": 3}]
    change = rng.choice([*changes, {"declared_totals": {"records": 4}}])
    announced = office.offices.sent[sent.delivery_id]
    office.offices.sent[sent.delivery_id] = replace(announced, announcement={**announced.announcement, **change})
    if not is_landed:  # the ledger has never seen the first announcement: the second is the announcement
        assert children.run(lambda: office.pull_and_load(feed)) == []
        return
    office.pending = [sent] if is_landed == (True,) else []
    office.night(feed)
    office.check(marts=False)
    kinds = {finding.kind for finding in reconcile().findings}
    assert kinds == {"announcement_changed"}
    if is_landed == (False,):
        row = office.admin.execute("select state, reason_rule from ops.batch where delivery_id = %s", [sent.delivery_id]).fetchone()
        assert row == ("rejected", f"{feed}.file.announcement")
        office.send(replace(sent, number=len(office.sent) + 1, sequence=6))
        office.night(feed)
        office.check(marts=False)


# ---- persons


@fault("a person is erased during a load of the same person", promises="P1 P2 P8")
def test_a_person_who_is_erased_during_a_load_is_nowhere_afterwards(seed: int, office: Office) -> None:
    """Right: in whatever step the load is, or was killed, the person is in no table afterwards, and the others are as they were."""
    rng = random.Random(seed)
    number = rng.randint(6, 20)
    key, citizen = pseudonym_of(person_number(number)), person_number(number)
    for sender in SENDERS:
        office.send(office.make("labour_survey", sender, "2022", version=rng.randint(1, 9)))
    office.night("labour_survey")
    office.send(replace(office.sent[0], number=len(office.sent) + 1, sequence=rng.choice([1, 4])))  # the same bytes
    office.send(office.make("labour_survey", SENDERS[1], "2022", 2, version=rng.randint(1, 9)))
    request = request_erasure(key, by="An", **OPERATIONS)
    kind = seed % 3
    if kind == 0:  # the load is killed before
        children.run(lambda: office.pull_and_load("labour_survey"), rng.randint(20, 110))
        children.run(lambda: approve_erasure(request, by="Bình").files)
    else:
        children.run(lambda: office.pull("labour_survey"))
        loading = children.begin(lambda: load("labour_survey").sentences)
        time.sleep(rng.random() * 2 if kind == 1 else 0)
        children.run(lambda: approve_erasure(request, by="Bình").files)
        assert loading.wait() == []
    assert nowhere(office, key, citizen) == []
    office.night("labour_survey")
    office.truth.erase(number)
    assert nowhere(office, key, citizen) == []
    office.check(marts=False)
    assert set(office.states().values()) <= {"published", "superseded"}, "no batch is left behind"
    children.run(lambda: replay("labour_survey", reason="a test", dry_run=False))
    assert nowhere(office, key, citizen) == []
    office.check(marts=False)
    # a file that still waited for its load is kept, and a person decides on it
    assert {finding.kind for finding in reconcile().findings} <= {"erased_person_delivered", "erasure_unclear"}


def nowhere(office: Office, *texts: str) -> list[str]:
    """The tables, other than the list of the erased, that have one of these texts."""
    schemas = ["stage", "core", "vault", "quarantine", "ops", "marts", "indicators"]
    found = []
    for schema, table in office.admin.execute(
        "select schemaname, tablename from pg_tables where schemaname = any(%s)", [schemas]
    ).fetchall():
        if table not in ("erased_person", "erasure_request"):
            query = sql.SQL("select exists (select from {} as record where record::text ~ %s)").format(sql.Identifier(schema, table))
            if office.admin.execute(query, ["|".join(texts)]).fetchone() == (True,):
                found.append(f"{schema}.{table}")
    return found


# ---- a load that is stopped


@fault("a load is stopped, and goes on when another one has done its work", promises="P1 P2 P4")
def test_a_stopped_load_neither_holds_up_the_next_nor_publishes_twice(seed: int, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Right: the next load takes over and publishes each batch once; the stopped one changes nothing when it goes on."""
    rng = send_to_all(office, seed)
    feed = rng.choice(FEEDS)
    for sender in SENDERS:
        office.send(office.make(feed, sender, PERIODS[feed][0], 5, version=rng.randint(1, 9), bad=rng.randint(0, 1)))
    children.run(lambda: office.pull(feed))
    monkeypatch.setattr(locks, "SILENT_SECONDS", 1.0)
    monkeypatch.setattr(locks, "LOOK_EVERY_SECONDS", 0.3)
    stopped = children.begin(lambda: load(feed).sentences, rng.randint(3, 80), signal.SIGSTOP)
    pid = stopped.process.pid
    assert pid
    _, status = os.waitpid(pid, os.WUNTRACED)
    try:
        assert os.WIFSTOPPED(status), "the load is stopped before it has ended"
        office.night(feed)
        office.check(marts=False)
        outbox = office.admin.execute("select batch_id, count(*) from ops.outbox group by batch_id").fetchall()
    finally:
        os.kill(pid, signal.SIGCONT)
        os.waitpid(pid, 0)
    office.check(marts=False)
    assert office.admin.execute("select batch_id, count(*) from ops.outbox group by batch_id").fetchall() == outbox
    published = office.admin.execute(
        "select batch_id from ops.batch_event where to_state = 'published' group by batch_id having count(*) > 1"
    ).fetchall()
    assert published == [], "each batch was published once"
    office.night(feed)
    office.check(marts=False)
    assert reconcile().findings == []
