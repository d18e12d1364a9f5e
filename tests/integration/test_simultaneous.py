"""Two sessions at the same time: each lock keeps the second one waiting until the first has ended, and then it sees what the first did."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime

import psycopg
import pytest
from labour_market.alerts import sending
from labour_market.batches import ledger
from labour_market.batches.states import LOADABLE_STATES, BatchState
from labour_market.contracts import load_contract
from labour_market.database import connect, locks
from labour_market.database.locks import feed_load, partition_publish, session_lock, transaction_lock
from labour_market.errors import UsageError
from labour_market.ingestion.erasure import approve_erasure, request_erasure
from labour_market.ingestion.publishing import publish_batch
from labour_market.ingestion.reconcile import Reconciliation
from labour_market.ingestion.staging import make_stage_table
from labour_market.transform.dbt import build_lock

from tests.integration.test_publishing import ORDERS, SESSIONS, announce, current, stage

QUIET = 0.4  # seconds in which a session that waits does nothing


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as threads:
        yield threads


@pytest.fixture
def sessions(warehouse) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    with connect("loader", autocommit=True) as first, connect("loader", autocommit=True) as second:
        yield first, second


def waits(working: Future) -> bool:
    time.sleep(QUIET)
    return not working.done()


def after_statement(connection: psycopg.Connection, number: int, then: Callable[[], object]) -> psycopg.Connection:
    """A connection that calls a function after its n-th statement."""

    class Interrupted:
        statements = 0

        def execute(self, *arguments):
            found = connection.execute(*arguments)
            self.statements += 1
            if self.statements == number:
                then()
            return found

        def transaction(self):
            return connection.transaction()

    return Interrupted()  # type: ignore[return-value]


@pytest.mark.parametrize("contract", [SESSIONS, ORDERS], ids=lambda contract: contract.feed)
def test_of_two_publications_of_one_partition_the_second_sees_what_the_first_published(contract, sessions, pool):
    first, second = sessions
    prepared = []
    for sequence, rows in ((2, {"1": "a", "2": "b"}), (1, {"2": "older", "3": "c"})):
        batch = announce(first, contract, "794", "2023-06", sequence, 2)
        table = make_stage_table(first, contract, f"number{sequence}")
        prepared.append((batch, stage(first, contract, batch, table, rows), table))
    with first.transaction():
        publish_batch(first, contract, *prepared[0], "test")
        later = pool.submit(publish_batch, second, contract, *prepared[1], "test")
        assert waits(later)
    published = later.result(timeout=20)
    found = {number: text for (_, _, number), text in current(first, contract).items()}
    if contract is SESSIONS:
        assert published is None, "a newer snapshot is published"
        assert found == {"1": "a", "2": "b"}
    else:
        assert (published.published, published.superseded) == (1, 1)
        assert found == {"1": "a", "2": "b", "3": "c"}


def test_publications_of_other_partitions_do_not_wait_for_each_other(sessions, pool):
    first, second = sessions
    places = [("fair_sessions", "794", "2023-06"), ("fair_sessions", "794", "2023-07"), ("fair_sessions", "803", "2023-06")]
    with first.transaction():
        transaction_lock(first, partition_publish(*places[0]))
        for place in [*places[1:], ("job_orders", "794", "2023-06")]:
            with second.transaction():
                pool.submit(transaction_lock, second, partition_publish(*place)).result(timeout=5)


def test_a_lock_of_a_transaction_ends_with_it(sessions):
    first, second = sessions
    second.execute("set lock_timeout = '200ms'")
    with first.transaction():
        transaction_lock(first, "lmw.test")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            transaction_lock(second, "lmw.test")
    transaction_lock(second, "lmw.test")


def test_an_attempt_cannot_be_replaced_in_the_middle_of_its_move(sessions, pool):
    """Between the look at the attempt and the change of the state: the other attempt comes before or after, never between."""
    first, second = sessions
    batch = announce(first, SESSIONS, "794", "2023-06", 1, 0)
    attempt = ledger.take(first, batch.batch_id, LOADABLE_STATES)
    other: list[Future] = []

    def take_meanwhile():
        other.append(pool.submit(ledger.take, second, batch.batch_id, [BatchState.LANDED]))
        assert waits(other[0])

    ledger.move(after_statement(first, 1, take_meanwhile), batch.batch_id, attempt, BatchState.STAGED, "test")
    with pytest.raises(ledger.StaleAttemptError):
        other[0].result(timeout=20)


@pytest.mark.parametrize("statement", [1, 2, 3])
def test_a_move_that_ends_in_its_middle_leaves_neither_a_state_nor_an_event(sessions, statement):
    """Also where the caller has no transaction of its own."""
    first, second = sessions
    batch = announce(first, SESSIONS, "794", "2023-06", 1, 0)
    attempt = ledger.take(first, batch.batch_id, LOADABLE_STATES)

    def end():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.move(after_statement(first, statement, end), batch.batch_id, attempt, BatchState.STAGED, "test")
    row, events = ledger.batch_history(second, batch.batch_id)
    assert row["state"] == "landed"
    assert [event["to_state"] for event in events] == ["discovered", "landed"]


def test_two_attempts_on_one_batch_have_two_numbers_and_the_first_is_stale(sessions, pool):
    first, second = sessions
    batch = announce(first, SESSIONS, "794", "2023-06", 1, 0)
    with first.transaction():
        earlier = ledger.take(first, batch.batch_id, LOADABLE_STATES)
        taking = pool.submit(ledger.take, second, batch.batch_id, LOADABLE_STATES)
        assert waits(taking)
    later = taking.result(timeout=20)
    assert later == earlier + 1
    with pytest.raises(ledger.StaleAttemptError):
        ledger.move(first, batch.batch_id, earlier, BatchState.STAGED, "test")
    ledger.move(second, batch.batch_id, later, BatchState.STAGED, "test")


def test_of_two_persons_who_close_a_finding_the_second_gets_an_error(sessions, pool):
    first, second = sessions
    ledger.note_findings(first, (), [ledger.Finding("announcement_changed", "x", "employers", "794")])
    (finding,) = ledger.open_findings(first)
    with first.transaction():
        ledger.close_finding(first, finding.finding_id, by="Lan", because="gửi lại")
        closing = pool.submit(ledger.close_finding, second, finding.finding_id, by="Minh", because="bỏ")
        assert waits(closing)
    with pytest.raises(UsageError, match="not open"):
        closing.result(timeout=20)
    assert first.execute("select closed_by, close_reason from ops.reconcile_finding").fetchall() == [("Lan", "gửi lại")]


def test_one_delivery_announced_by_two_pulls_at_once_is_one_batch(sessions, pool):
    first, second = sessions
    announced = {
        "feed": "employers", "sender_code": "794", "delivery_id": "d", "period": "2023-06", "sequence": 1, "media_type": "text/csv",
        "declared_records": 0, "declared_bytes": 0, "declared_sha256": "0" * 64, "declared_totals": {},
        "delivery_created_at": datetime.now(UTC),
    }  # fmt: skip
    with first.transaction():
        batch_id = ledger.announce(first, announced, "test")
        other = pool.submit(ledger.announce, second, announced, "test")
        assert waits(other)
    assert (other.result(timeout=20), bool(batch_id)) == (None, True)
    assert first.execute("select count(*) from ops.batch_event").fetchone() == (1,)


def test_a_lock_of_a_feed_keeps_a_second_load_waiting(sessions):
    first, second = sessions
    second.execute("set statement_timeout = '300ms'")
    second.execute("set lock_timeout = '100ms'")  # for tables, not for a load
    with session_lock(first, feed_load("employers")):
        with pytest.raises(psycopg.errors.QueryCanceled), session_lock(second, feed_load("employers")):
            pass
        with session_lock(second, feed_load("job_orders")):
            pass
    with session_lock(second, feed_load("employers")):
        assert second.execute("show lock_timeout").fetchone() == ("100ms",)


def test_a_second_build_waits_longer_than_the_lock_timeout_of_its_role(warehouse):
    with connect("transformer", autocommit=True) as first, connect("transformer", autocommit=True) as second, ExitStack() as held:
        held.enter_context(build_lock(first))
        second.execute("set lock_timeout = '100ms'")
        threading.Timer(0.5, held.close).start()
        began = time.monotonic()
        with build_lock(second):
            assert time.monotonic() - began > 0.4
            assert second.execute("show lock_timeout").fetchone() == ("100ms",)


def test_the_holder_of_another_lock_is_not_ended_however_long_it_is_silent(sessions, monkeypatch):
    first, second = sessions
    monkeypatch.setattr(locks, "LOOK_EVERY_SECONDS", 0.2)
    with connect("loader", autocommit=True) as silent, session_lock(silent, "lmw.other"), ExitStack() as held:
        held.enter_context(session_lock(first, "lmw.test"))
        threading.Timer(1.2, held.close).start()
        time.sleep(0.5)
        with session_lock(second, "lmw.test", silent_seconds=30):
            pass
        with connect("loader", autocommit=True) as third:
            found = third.execute(locks.END_SILENT_HOLDER, ["lmw.test", 0.1]).fetchall()
        assert found == []
        assert silent.execute("select 1").fetchone() == (1,)


def test_an_erasure_waits_for_a_load_that_may_publish_the_person(sessions, pool, warehouse):
    first, second = sessions
    contract = load_contract("placements")
    key = "k:1"
    first.execute(
        "insert into core.placements (batch_id, row_no, sender_code, period, sequence, valid_from, valid_to, recorded_from, placement_no,"
        " person_key) values (%s, 1, '794', '2023-06', 1, '2023-06-01', 'infinity', now(), '1', %s)",
        [announce(first, contract, "794", "2023-06", 1, 1).batch_id, key],
    )
    request = request_erasure(key, by="A", because="đơn", legal_basis="điều 14")
    for feed in ("fair_attendance", "labour_survey", contract.feed):
        with session_lock(first, feed_load(feed)):
            erasing = pool.submit(approve_erasure, request, by="B")
            assert waits(erasing), feed
            assert second.execute("select count(*) from core.placements where person_key = %s", [key]).fetchone() == (1,)
            if feed != contract.feed:  # the erasure goes on as soon as the load ends: here it must not
                second.execute(
                    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted and database ="
                    " (select oid from pg_database where datname = current_database())"
                )
                with pytest.raises(psycopg.OperationalError):
                    erasing.result(timeout=20)
    assert erasing.result(timeout=20).core_rows == 1


def test_a_second_run_of_alerts_looks_for_causes_when_the_first_has_sent_them(warehouse, pool, monkeypatch):
    nothing = Reconciliation(0, 0, [], [], [], 0)
    sent, looked = [], []
    begun, go_on = threading.Event(), threading.Event()
    find = sending.find_causes

    def look(*arguments):
        looked.append(threading.get_ident())
        return [*find(*arguments), sending.Cause("build", "build", "lần dựng bị lỗi")]

    class Slow:
        def send(self, subject, text):
            sent.append(subject)
            begun.set()
            go_on.wait(20)

    monkeypatch.setattr(sending, "find_causes", look)
    one = pool.submit(sending.send_alerts, nothing, configured=[Slow()])
    assert begun.wait(20)
    two = pool.submit(sending.send_alerts, nothing, configured=[Slow()])
    assert waits(two) and len(looked) == 1
    go_on.set()
    assert (one.result(timeout=20)["new"], two.result(timeout=20)["new"]) == (1, 0)
    assert sent == ["[lmw] 1 new"]
