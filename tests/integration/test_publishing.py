"""Publishing, compared with a model in plain Python: any order of deliveries, corrections and crashes."""

import itertools
import random
import re
import threading
from contextlib import ExitStack
from datetime import UTC, datetime

import hypothesis.strategies as st
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from labour_market.batches import ledger
from labour_market.batches.states import LOADABLE_STATES, BatchState
from labour_market.contracts import load_contract
from labour_market.database import connect
from labour_market.database.locks import feed_load, session_lock
from labour_market.ingestion.publishing import Published, publish_batch
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.staging import drop_stage_tables, make_stage_table
from labour_market.transform.dbt import build_lock
from psycopg import sql

SESSIONS, ORDERS = load_contract("fair_sessions"), load_contract("job_orders")
numbers = itertools.count(1)


def announce(connection, contract, sender, period, sequence, records):
    number = next(numbers)
    batch_id = ledger.announce(
        connection,
        {
            "feed": contract.feed,
            "sender_code": sender,
            "delivery_id": f"d{number}",
            "period": period,
            "sequence": sequence,
            "media_type": "application/json",
            "declared_records": records,
            "declared_bytes": 1,
            "declared_sha256": f"{number:064x}",
            "declared_totals": {},
            "delivery_created_at": datetime.now(UTC),
        },
        "test",
    )
    attempt = ledger.take(connection, batch_id, [BatchState.DISCOVERED])
    ledger.move(connection, batch_id, attempt, BatchState.LANDED, "test", sha256=f"{number:064x}")
    return next(b for b in ledger.find_batches(connection, feed=contract.feed) if b.batch_id == batch_id)


def stage(connection, contract, batch, table, rows, kept_out=()):
    """rows: key -> value of one text column; kept_out: row numbers that a rule keeps out."""
    attempt = ledger.take(connection, batch.batch_id, LOADABLE_STATES)
    key, value = ("session_no", "name") if contract is SESSIONS else ("order_no", "title")
    for row_no, (number, text) in enumerate(rows.items(), 1):
        connection.execute(
            sql.SQL("insert into stage.{} (batch_id, row_no, sender_code, period, sequence, {}, {}) values (%s,%s,%s,%s,%s,%s,%s)").format(
                sql.Identifier(table), sql.Identifier(key), sql.Identifier(value)
            ),
            [batch.batch_id, row_no, batch.sender_code, batch.period, batch.sequence, number, text],
        )
    for row_no in kept_out:
        connection.execute(
            sql.SQL("insert into stage.{} values (%s, %s, %s, '', '')").format(sql.Identifier(f"{table}_failures")),
            [batch.batch_id, row_no, contract.rules[0].id],
        )
    ledger.move(connection, batch.batch_id, attempt, BatchState.STAGED, "test", records_parsed=len(rows))
    ledger.move(connection, batch.batch_id, attempt, BatchState.AUDITED, "test")
    return attempt


def current(connection, contract):
    key, value = ("session_no", "name") if contract is SESSIONS else ("order_no", "title")
    return {
        (sender, period, number): text
        for sender, period, number, text in connection.execute(
            sql.SQL("select sender_code, period, {}, {} from core.{} where recorded_to = 'infinity'").format(
                sql.Identifier(key), sql.Identifier(value), sql.Identifier(contract.feed)
            )
        )
    }


class Deliveries(RuleBasedStateMachine):
    """Snapshots and changes are delivered in any order, twice, or half; the tables agree with two small dictionaries."""

    senders = st.sampled_from(["794", "803"])
    months = st.sampled_from(["2023-05", "2023-06"])
    contents = st.dictionaries(st.sampled_from(["1", "2", "3"]), st.sampled_from(["a", "b", "c"]), max_size=3)

    @initialize()
    def connect(self):
        self.connection = connect("loader", autocommit=True)
        for feed in ("fair_sessions", "job_orders"):
            self.connection.execute(sql.SQL("truncate core.{}").format(sql.Identifier(feed)))
        self.connection.execute("truncate ops.batch cascade")
        self.snapshots: dict = {}
        self.changes: dict = {}
        self.announced = 0

    def deliver(self, contract, sender, period, sequence, rows, crash=False):
        with self.connection.transaction():
            drop_stage_tables(self.connection, contract.feed)
            table = make_stage_table(self.connection, contract, f"{random.getrandbits(32):08x}")
        batch = announce(self.connection, contract, sender, period, sequence, len(rows))
        self.announced += len(rows)
        attempt = stage(self.connection, contract, batch, table, rows)
        if crash:
            with pytest.raises(RuntimeError), self.connection.transaction():
                publish_batch(self.connection, contract, batch, attempt, table, "test")
                raise RuntimeError("killed just before the commit")
        publish_batch(self.connection, contract, batch, attempt, table, "test")

    @rule(sender=senders, period=months, sequence=st.integers(1, 4), rows=contents, crash=st.booleans())
    def snapshot(self, sender, period, sequence, rows, crash):
        self.deliver(SESSIONS, sender, period, sequence, rows, crash)
        if sequence >= self.snapshots.get((sender, period), (0, {}))[0]:
            self.snapshots[sender, period] = (sequence, rows)

    @rule(sender=senders, period=st.sampled_from(["2023-06-13", "2023-06-14"]), sequence=st.integers(1, 3), rows=contents)
    def change(self, sender, period, sequence, rows):
        self.deliver(ORDERS, sender, period, sequence, rows)
        for number, text in rows.items():
            if (period, sequence) >= self.changes.get((sender, number), (("", 0), ""))[0]:
                self.changes[sender, number] = ((period, sequence), text)

    @invariant()
    def the_current_rows_are_the_latest_truth(self):
        if not hasattr(self, "connection"):
            return
        expected = {(s, p, n): t for (s, p), (_, rows) in self.snapshots.items() for n, t in rows.items()}
        assert current(self.connection, SESSIONS) == expected
        assert {(s, n): t for (s, _, n), t in current(self.connection, ORDERS).items()} == {k: t for k, (_, t) in self.changes.items()}

    @invariant()
    def every_record_is_counted_once(self):
        if not hasattr(self, "connection"):
            return
        row = self.connection.execute(
            "select coalesce(sum(case when published_at is null then records_superseded else records_published"
            " + records_quarantined + records_duplicate + records_superseded end), 0), count(*) from ops.batch"
        ).fetchone()
        assert row[0] == self.announced

    def teardown(self):
        if hasattr(self, "connection"):
            self.connection.close()


@pytest.mark.usefixtures("warehouse")
def test_any_order_of_deliveries_gives_the_latest_records_and_counts_every_record():
    run_state_machine_as_test(
        Deliveries,
        settings=settings(max_examples=40, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)),
    )


@pytest.fixture
def loader(warehouse):
    with connect("loader", autocommit=True) as connection:
        yield connection


def test_a_stale_attempt_publishes_nothing(loader):
    table = make_stage_table(loader, SESSIONS, "one")
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 1)
    zombie = stage(loader, SESSIONS, batch, table, {"1": "a"})
    ledger.take(loader, batch.batch_id, [BatchState.AUDITED])
    with pytest.raises(ledger.StaleAttemptError):
        publish_batch(loader, SESSIONS, batch, zombie, table, "test")
    assert current(loader, SESSIONS) == {}
    assert loader.execute("select count(*) from ops.outbox").fetchone() == (0,)


def test_rows_that_a_rule_keeps_out_are_quarantined_and_not_published(loader):
    table = make_stage_table(loader, SESSIONS, "one")
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 3)
    attempt = stage(loader, SESSIONS, batch, table, {"1": "a", "2": "b", "3": "c"}, kept_out=[2])
    counts = publish_batch(loader, SESSIONS, batch, attempt, table, "test")
    assert (counts.published, counts.quarantined) == (2, 1)
    assert set(current(loader, SESSIONS).values()) == {"a", "c"}
    assert loader.execute("select row_no from quarantine.rejected_row").fetchall() == [(2,)]


def test_a_replaced_record_is_kept_with_the_time_of_its_replacement(loader):
    table = make_stage_table(loader, SESSIONS, "one")
    for sequence, text in ((1, "first version"), (2, "corrected version")):
        batch = announce(loader, SESSIONS, "794", "2023-06", sequence, 1)
        publish_batch(loader, SESSIONS, batch, stage(loader, SESSIONS, batch, table, {"1": text}), table, "test")
    rows = loader.execute(
        "select name, recorded_to = lead(recorded_from) over (order by recorded_from), recorded_to = 'infinity'"
        " from core.fair_sessions order by recorded_from"
    ).fetchall()
    assert rows == [("first version", True, False), ("corrected version", None, True)], "one ends in the moment the next begins"
    assert loader.execute("select state from ops.batch order by sequence").fetchall() == [("superseded",), ("published",)]


def test_a_replay_of_a_record_that_came_too_late_counts_it_once(loader):
    """Of changes: the record of an older period is kept, and never current, however often it is published."""
    table = make_stage_table(loader, ORDERS, "one")
    newer = announce(loader, ORDERS, "794", "2023-07", 1, 1)
    publish_batch(loader, ORDERS, newer, stage(loader, ORDERS, newer, table, {"1": "cook"}), table, "test")
    late = announce(loader, ORDERS, "794", "2023-06", 1, 1)
    first = publish_batch(loader, ORDERS, late, stage(loader, ORDERS, late, table, {"1": "cleaner"}), table, "test")
    attempt = ledger.take(loader, late.batch_id, [BatchState.PUBLISHED])
    ledger.move(loader, late.batch_id, attempt, BatchState.LANDED, "test")
    loader.execute(sql.SQL("delete from stage.{}").format(sql.Identifier(table)))
    second = publish_batch(loader, ORDERS, late, stage(loader, ORDERS, late, table, {"1": "cleaner"}), table, "test")
    assert first == second == Published(published=0, quarantined=0, duplicate=0, superseded=1)


def test_a_decision_on_a_quarantined_row_outlives_every_replay_and_counts_once(loader):
    table = make_stage_table(loader, SESSIONS, "one")
    rows = {"1": "a", "2": "b", "3": "c"}
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 3)
    publish_batch(loader, SESSIONS, batch, stage(loader, SESSIONS, batch, table, rows, kept_out=[2]), table, "test")
    loader.execute("update quarantine.rejected_row set status = 'closed', decided_by = 'Lan', decided_at = now(), decision_reason = 'x'")

    def replayed(kept_out):
        attempt = ledger.take(loader, batch.batch_id, [BatchState.PUBLISHED])
        ledger.move(loader, batch.batch_id, attempt, BatchState.LANDED, "test")
        for name in (table, f"{table}_failures"):
            loader.execute(sql.SQL("delete from stage.{}").format(sql.Identifier(name)))
        counts = publish_batch(loader, SESSIONS, batch, stage(loader, SESSIONS, batch, table, rows, kept_out), table, "test")
        assert "lost_records" not in [finding.kind for finding in reconcile().findings]
        decision = loader.execute("select status, decided_by, decision_reason from quarantine.rejected_row").fetchall()
        return counts.published, counts.quarantined, decision

    assert replayed([2]) == (2, 1, [("closed", "Lan", "x")])
    assert replayed([]) == (3, 0, [("superseded", "Lan", "x")])
    assert replayed([2]) == (2, 1, [("open", "Lan", "x")])


def test_the_ledger_refuses_a_move_that_is_not_allowed(loader):
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 0)
    with pytest.raises(ValueError, match="cannot go from landed to published"):
        ledger.move(loader, batch.batch_id, batch.attempt, BatchState.PUBLISHED, "test")


def test_two_current_versions_of_one_key_are_refused_by_the_database_itself(loader):
    table = make_stage_table(loader, SESSIONS, "one")
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 1)
    publish_batch(loader, SESSIONS, batch, stage(loader, SESSIONS, batch, table, {"1": "a"}), table, "test")
    with pytest.raises(psycopg.errors.UniqueViolation):
        loader.execute(
            "insert into core.fair_sessions (batch_id, row_no, sender_code, period, sequence, valid_from, valid_to,"
            " recorded_from, session_no) values (1, 2, '794', '2023-06', 1, '2023-06-01', '2023-07-01', now(), '1')"
        )


def test_a_delivery_announced_twice_is_one_batch_and_a_changed_one_is_a_finding(loader):
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 0)
    second = {
        "feed": "fair_sessions", "sender_code": "794", "delivery_id": batch.delivery_id, "period": "2023-06", "sequence": 1,
        "media_type": "application/json", "declared_records": 0, "declared_bytes": 1, "declared_sha256": batch.sha256,
        "declared_totals": {}, "delivery_created_at": datetime.now(UTC),
    }  # fmt: skip
    assert ledger.announce(loader, second, "test") is None
    assert loader.execute("select count(*) from ops.reconcile_finding").fetchone() == (0,)
    for _ in range(2):
        changed = ledger.announce(loader, {**second, "declared_sha256": "0" * 64}, "test")
        ledger.note_findings(loader, ledger.ANNOUNCEMENT_FINDINGS, [changed])
    assert loader.execute("select kind, count(*) from ops.reconcile_finding group by kind").fetchall() == [("announcement_changed", 1)]


def test_the_database_takes_the_states_of_a_batch_and_no_other(warehouse):
    with connect("loader") as connection:
        (check,) = connection.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'ops.batch'::regclass and contype = 'c'"
            " and pg_get_constraintdef(oid) like '%%state%%'"
        ).fetchone()
    assert re.findall(r"'(\w+)'", check) == list(BatchState)


def test_a_lock_of_a_feed_keeps_a_second_load_waiting(warehouse):
    with connect("loader", autocommit=True) as first, connect("loader", autocommit=True) as second:
        second.execute("set statement_timeout = '300ms'")
        second.execute("set lock_timeout = '100ms'")  # for tables, not for a load
        with session_lock(first, feed_load("employers")):
            with pytest.raises(psycopg.errors.QueryCanceled), session_lock(second, feed_load("employers")):
                pass
            with session_lock(second, feed_load("job_orders")):
                pass
        with session_lock(second, feed_load("employers")):
            pass


def test_a_second_build_waits_longer_than_the_lock_timeout_of_its_role(warehouse):
    with connect("transformer", autocommit=True) as first, connect("transformer", autocommit=True) as second, ExitStack() as held:
        held.enter_context(build_lock(first))
        second.execute("set lock_timeout = '100ms'")
        threading.Timer(0.5, held.close).start()
        with build_lock(second):
            assert second.execute("show lock_timeout").fetchone() == ("100ms",)
