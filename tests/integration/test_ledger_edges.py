"""The ledger and what reads it, at the edges: one moment before a limit and one after, one feed, sender, kind or state beside another."""

import csv
import itertools
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest
from labour_market.batches import ledger
from labour_market.batches.gateway_requests import expect_senders, recorded_request
from labour_market.batches.landing import LandingStore
from labour_market.batches.ledger import Finding
from labour_market.batches.outbox import pending_events, rebuild_every_partition, rebuild_partitions
from labour_market.batches.states import ALLOWED_MOVES, LOADABLE_STATES, BatchState
from labour_market.contracts import load_contract, load_contracts
from labour_market.errors import LabourMarketError, UsageError
from labour_market.gateway import GatewayUnavailableError
from labour_market.ingestion import loading, reopening, replay
from labour_market.ingestion.erasure import _linked, destroy_marked_files, mark_destroyed
from labour_market.ingestion.loading import LoadReport, resume_stale_batches
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.refusal import refuse_batch
from labour_market.ingestion.retention import enforce_retention, keep_until
from labour_market.ingestion.staging import csv_chunks
from labour_market.normalise.records import Normalised
from labour_market.settings import load_settings
from psycopg import sql

SNAPSHOT, CHANGES = load_contract("fair_sessions"), load_contract("job_orders")


@pytest.fixture
def admin(warehouse):
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


def insert(admin, *, feed="employers", sender="794", period="2023-06", state="landed", **columns) -> int:
    """A row of the ledger."""
    number = admin.execute("select count(*) from ops.batch").fetchone()[0]
    values = {
        "feed": feed, "sender_code": sender, "delivery_id": f"d{number}", "period": period, "sequence": 1, "media_type": "text/csv",
        "declared_records": 0, "declared_bytes": 0, "declared_sha256": f"{number:064x}", "delivery_created_at": datetime.now(UTC),
        "state": state, **columns,
    }  # fmt: skip
    names, places = (sql.SQL(", ").join(parts) for parts in (map(sql.Identifier, values), [sql.Placeholder()] * len(values)))
    query = sql.SQL("insert into ops.batch ({}) values ({}) returning batch_id").format(names, places)
    return admin.execute(query, list(values.values())).fetchone()[0]


def in_core(admin, batch_id, row_no, **columns) -> None:
    """A record of core.job_orders."""
    values = {
        "batch_id": batch_id, "row_no": row_no, "sender_code": "794", "period": "2023-06-01", "sequence": 1, "valid_from": "2023-06-01",
        "valid_to": "infinity", "recorded_from": "2023-07-01", "order_no": f"{batch_id}-{row_no}", **columns,
    }  # fmt: skip
    names, places = (sql.SQL(", ").join(parts) for parts in (map(sql.Identifier, values), [sql.Placeholder()] * len(values)))
    admin.execute(sql.SQL("insert into core.job_orders ({}) values ({})").format(names, places), list(values.values()))


def empty(admin) -> None:
    admin.execute("truncate ops.batch, ops.reconcile_finding, core.job_orders restart identity cascade")


def event(admin, batch_id, to_state, at=None, **detail) -> None:
    admin.execute(
        "insert into ops.batch_event (batch_id, attempt, to_state, actor, detail, at) values (%s, 1, %s, 'test', %s, coalesce(%s, now()))",
        [batch_id, to_state, psycopg.types.json.Jsonb(detail), at],
    )


# ---- moves


def test_a_batch_moves_where_it_may_and_only_the_time_of_its_new_state_is_set(admin, loader):
    for from_state, to_state in itertools.product(BatchState, BatchState):
        batch = insert(admin, state=from_state)
        attempt = ledger.take(loader, batch, [from_state])
        allowed = to_state in ALLOWED_MOVES[from_state] and (to_state != "published" or from_state == "audited")
        if not allowed:
            with pytest.raises(ValueError, match=f"cannot go from {from_state} to {to_state}"):
                ledger.move(loader, batch, attempt, to_state, "Lan")
        else:
            ledger.move(loader, batch, attempt, to_state, "Lan", detail={"a": 1}, records_parsed=7)
        row, events = ledger.batch_history(loader, batch)
        assert row["state"] == (to_state if allowed else from_state)
        assert row["records_parsed"] == (7 if allowed else None)
        expected = {f"{to_state}_at"} if allowed and to_state in ("landed", "staged", "audited", "published") else set()
        assert {name for name in ("landed_at", "staged_at", "audited_at", "published_at") if row[name]} == expected
        found = [(e["attempt"], e["from_state"], e["to_state"], e["actor"], e["detail"]) for e in events]
        assert found == ([(1, from_state, to_state, "Lan", {"a": 1})] if allowed else [])


def test_a_batch_is_taken_in_the_given_states_alone(admin, loader):
    batch = insert(admin, state="staged")
    other = insert(admin, state="staged")
    with pytest.raises(ledger.StaleAttemptError):
        ledger.take(loader, batch, [BatchState.LANDED, BatchState.AUDITED])
    assert ledger.take(loader, batch, LOADABLE_STATES) == 1
    assert ledger.take(loader, batch, [BatchState.STAGED]) == 2
    assert loader.execute("select attempt from ops.batch where batch_id = %s", [other]).fetchone() == (0,)
    with pytest.raises(UsageError, match="not in the ledger"):
        ledger.batch_history(loader, 10**6)


def test_a_replay_that_a_rule_blocks_keeps_its_publication_and_is_found_until_its_next_move(admin, loader):
    reason = ledger.BlockReason("r", "vi", "en", "sửa")
    moment = datetime(2023, 7, 1, tzinfo=UTC)
    first, second = insert(admin, state="audited"), insert(admin, state="audited", published_at=moment)
    states = [ledger.block(loader, batch, 0, BatchState.QUARANTINED, "Lan", reason=reason, detail={"b": 1}) for batch in (first, second)]
    assert states == ["quarantined", "published"]
    query = "select state, reason_rule, reason_vi, reason_en, remedy_vi, published_at from ops.batch order by 1 desc"
    rows = loader.execute(query).fetchall()
    assert rows == [("quarantined", "r", "vi", "en", "sửa", None), ("published", None, None, None, None, moment)]
    details = [ledger.batch_history(loader, batch)[1][0]["detail"] for batch in (first, second)]
    assert details == [{"b": 1}, {"b": 1, "replay_blocked_by": "r", **vars(reason)}]
    assert ledger.blocked_replays(loader) == {second: "r"}
    event(admin, first, "published")
    assert ledger.blocked_replays(loader) == {second: "r"}, "an event of another batch"
    event(admin, second, "landed")
    assert ledger.blocked_replays(loader) == {}


# ---- findings


def test_a_pull_closes_the_findings_of_its_kinds_feed_and_sender_and_no_others(loader):
    places = [("a", "employers", "794"), ("a", "employers", "803"), ("a", "job_orders", "794"), ("b", "employers", "794")]
    everything = [Finding(kind, feed, feed, sender) for kind, feed, sender in places]

    def left(kinds, findings=(), **scope):
        loader.execute("truncate ops.reconcile_finding")
        ledger.note_findings(loader, (), everything)
        ledger.note_findings(loader, kinds, findings, **scope)
        return {(f.kind, f.feed, f.sender_code) for f in ledger.open_findings(loader)}

    assert left(()) == set(places)
    assert left(("a",)) == {places[3]}
    assert left(("a", "b")) == set()
    assert left(("a",), feed="employers") == {places[2], places[3]}
    assert left(("a",), sender="794") == {places[1], places[3]}
    assert left(("a",), feed="employers", sender="794") == {*places[1:]}
    assert left(("a",), [everything[0]]) == {places[0], places[3]}, "one that is still there"
    assert left(("a",), [Finding("a", "y", "employers", "794")]) == {places[0], places[3]}, "another detail is another finding"


def test_a_finding_is_noted_once_until_it_ends_and_never_again_after_a_person_closed_it(loader):
    finding = Finding("announcement_changed", "x", "employers", "794", "2023-06")

    def count():
        return loader.execute("select count(*), count(*) filter (where closed_at is null) from ops.reconcile_finding").fetchone()

    for _ in range(2):
        ledger.note_findings(loader, ("announcement_changed",), [finding])
        assert count() == (1, 1)
    ledger.note_findings(loader, ("announcement_changed",), [])
    assert count() == (1, 0)
    ledger.note_findings(loader, ("announcement_changed",), [finding])
    assert count() == (2, 1), "it came back"
    (found,) = ledger.open_findings(loader)
    for wrong, sentence in ((" ", "with a reason"), ("vì", "not open")):
        with pytest.raises(UsageError, match=sentence):
            ledger.close_finding(loader, found.finding_id + (wrong == "vì") * 10, by="Lan", because=wrong)
    ledger.close_finding(loader, found.finding_id, by="Lan", because="vì")
    with pytest.raises(UsageError, match="not open"):
        ledger.close_finding(loader, found.finding_id, by="Lan", because="vì")
    ledger.note_findings(loader, ("announcement_changed",), [finding])
    assert count() == (2, 0)
    for other in (Finding("announcement_changed", "x", "employers", "803"), Finding("announcement_changed", "x", "employers", None)):
        ledger.note_findings(loader, (), [other])
    assert count() == (4, 2), "of another sender, and of none"
    ledger.note_findings(loader, (), [Finding("lost_records", "x", "employers", "794")])
    lost = next(f for f in ledger.open_findings(loader) if f.kind == "lost_records")
    with pytest.raises(UsageError, match="ends with its cause"):
        ledger.close_finding(loader, lost.finding_id, by="Lan", because="vì")


def test_a_batch_is_stuck_six_hours_after_its_last_move(admin, loader):
    now = datetime.now(UTC)
    long_ago = now - timedelta(days=3)
    for state, (hours, is_stuck) in itertools.product(BatchState, ((5.9, False), (6.1, True))):
        empty(admin)
        then = now - timedelta(hours=hours)
        times = {"discovered_at": long_ago, "landed_at": long_ago, "staged_at": long_ago, "audited_at": then}
        stuck = insert(admin, state=state, reason_rule="r", reason_vi="v", **({"discovered_at": then} if state == "discovered" else times))
        waiting = insert(admin, state="discovered", discovered_at=long_ago)
        event(admin, waiting, "discovered", not_fetched="x")
        found = [finding.batch_id for finding in reconcile().findings if finding.kind == "stuck"]
        is_open = state in ("discovered", "landed", "staged", "audited", "failed")
        assert found == ([stuck] if is_open and is_stuck else []), (state, hours)


NIGHTS = [
    # 17:00 UTC is the next day in the province
    (["2023-06-01T16:59:59Z", "2023-06-01T17:00:00Z", "2023-06-02T17:00:00Z"], True),
    (["2023-06-01T16:59:59Z", "2023-06-01T17:00:00Z", "2023-06-02T16:59:59Z"], False),
    (["2023-06-01T17:00:00Z", "2023-06-02T16:59:59Z", "2023-06-02T16:59:58Z", "2023-06-02T01:00:00Z"], False),
]


def test_a_delivery_is_a_finding_in_the_third_night_of_the_province_in_which_it_cannot_be_fetched(admin, loader):
    for moments, is_found in NIGHTS:
        empty(admin)
        batch = insert(admin, state="discovered")
        for place, moment in enumerate(moments):
            event(admin, batch, "discovered", datetime.fromisoformat(moment), not_fetched=f"reason {place}")
        event(admin, batch, "discovered", datetime(2023, 7, 1, tzinfo=UTC))
        event(admin, insert(admin, state="landed"), "discovered", not_fetched="y")
        found = [finding for finding in reconcile().findings if finding.kind == "not_fetched"]
        assert [finding.batch_id for finding in found] == ([batch] if is_found else [])
        assert all(f"reason {len(moments) - 1}" in finding.detail and "3 đêm" in finding.detail for finding in found)


def test_landed_bytes_are_found_when_they_are_missing_other_or_changed(admin, loader, tmp_path):
    store = LandingStore(load_settings().landing_url)
    good, changed, other = (store.put(content) for content in (b"good", b"changed", b"other"))
    insert(admin, sha256=good.sha256, declared_sha256=good.sha256)
    damaged = insert(admin, sha256=changed.sha256, declared_sha256=changed.sha256)
    unlike = insert(admin, sha256=other.sha256)
    missing = insert(admin, sha256="0" * 64, declared_sha256="0" * 64)
    with store.path_of(changed.sha256).open("wb") as file:
        file.write(b"chanGed")
    expected = {("missing_bytes", missing), ("other_bytes", unlike)}
    assert {(f.kind, f.batch_id) for f in reconcile().findings} == expected
    assert {(f.kind, f.batch_id) for f in reconcile(reread=True).findings} == expected | {("damaged_bytes", damaged)}
    assert {(f.kind, f.batch_id) for f in reconcile().findings} == expected | {("damaged_bytes", damaged)}, "only reading it again ends it"
    with store.path_of(changed.sha256).open("wb") as file:
        file.write(b"changed")
    assert {(f.kind, f.batch_id) for f in reconcile(reread=True).findings} == expected


BALANCED = {"declared_records": 1, "records_parsed": 1, "records_published": 1, "records_quarantined": 0, "records_duplicate": 0,
            "records_superseded": 0, "published_at": datetime(2023, 7, 1, tzinfo=UTC)}  # fmt: skip


ACCOUNTS = [
    ("published", BALANCED, 1, False),
    ("published", BALANCED, 0, True),
    ("published", BALANCED, 2, True),
    ("published", {**BALANCED, "declared_records": 2}, 1, True),
    ("published", {**BALANCED, "records_parsed": None}, 1, True),
    ("published", {**BALANCED, "records_parsed": 2}, 1, True),
    ("published", {**BALANCED, "records_duplicate": 1}, 1, True),
    ("published", {**BALANCED, "records_published": 0, "records_superseded": 1}, 1, False),
    ("published", {**BALANCED, "declared_records": 0, "records_parsed": 0, "records_published": 0}, 0, False),
    ("landed", BALANCED, 1, False),
    ("landed", BALANCED, 0, True),
    ("landed", {}, 0, False),
    ("landed", {}, 1, True),
    ("quarantined", {"reason_rule": "r", "reason_vi": "v"}, 0, False),
    ("quarantined", {"reason_rule": "r", "reason_vi": "v"}, 1, True),
    ("quarantined", {"reason_rule": "r"}, 0, True),
    ("rejected", {"reason_vi": "v"}, 0, True),
    ("rejected", {"reason_rule": "r", "reason_vi": "v"}, 0, False),
    ("superseded", {"superseded_by": 1}, 0, False),
    ("superseded", {"superseded_by": 1}, 1, True),
    ("superseded", {}, 0, True),
    ("superseded", {**BALANCED, "superseded_by": 1}, 1, False),
]


def test_every_announced_record_is_accounted_for_or_it_is_a_finding(admin, loader):
    for state, columns, rows, is_lost in ACCOUNTS:
        empty(admin)
        insert(admin, state="landed")  # batch 1, which others name
        batch = insert(admin, feed="job_orders", state=state, **columns)
        for row in range(rows):
            in_core(admin, batch, row)
        found = [(f.kind, f.batch_id) for f in reconcile().findings if f.kind in ("lost_records", "orphan_records")]
        assert found == ([("lost_records", batch)] if is_lost else []), (state, columns, rows)


def test_records_of_a_batch_that_the_ledger_lacks_are_found(admin, loader):
    in_core(admin, 77, 1)
    assert [(f.kind, f.batch_id) for f in reconcile().findings] == [("orphan_records", 77)]


# ---- what is fetched, loaded and built again


def test_a_delivery_that_a_passing_fault_rejected_is_fetched_in_three_pulls(admin, loader):
    for rule in ("record_count", "size_bytes", "sha256", "shape", "file_kind", "refused"):
        empty(admin)
        _fetched_in_three_pulls(admin, loader, rule)


def _fetched_in_three_pulls(admin, loader, rule):
    def rejected(times, **columns):
        batch = insert(admin, **{"state": "rejected", "reason_rule": f"employers.file.{rule}", **columns})
        for _ in range(times):
            event(admin, batch, "rejected")
        event(admin, batch, "discovered")
        return batch

    expected = [rejected(1), rejected(2)]
    rejected(3)
    rejected(1, sender="803")
    rejected(1, state="discovered")
    rejected(1, sha256="x")
    rejected(1, feed="job_orders", reason_rule=f"job_orders.file.{rule}")
    rejected(1, reason_rule=f"employers.row.{rule}")
    found = [batch.batch_id for batch in ledger.batches_to_refetch(loader, "employers", "794")]
    assert found == (expected if rule in ("record_count", "size_bytes", "sha256", "shape") else [])


def test_batches_are_loaded_in_the_order_of_their_first_publication_and_then_of_their_deliveries(admin, loader):
    days = [datetime(2023, 7, day, tzinfo=UTC) for day in (1, 2, 3)]
    late = insert(admin, delivery_created_at=days[2])
    early = insert(admin, delivery_created_at=days[0])
    second = insert(admin, delivery_created_at=days[0], state="published")
    first = insert(admin, delivery_created_at=days[1], state="published")
    for batch in (first, second, first):
        event(admin, batch, "published")
    event(admin, early, "landed")
    same_day = [
        insert(admin, delivery_created_at=days[2], **place)
        for place in ({"sender": "803"}, {"sender": "795", "period": "2023-07"}, {"sender": "795", "sequence": 2}, {"sender": "795"})
    ]
    other = insert(admin, feed="budget_movements", delivery_created_at=days[2])
    found = [batch.batch_id for batch in ledger.find_batches(loader)]
    assert found == [other, first, second, early, late, same_day[3], same_day[2], same_day[1], same_day[0]]
    assert [b.batch_id for b in ledger.find_batches(loader, sender="803")] == [same_day[0]]
    assert [b.batch_id for b in ledger.find_batches(loader, feed="employers", period="2023-07")] == [same_day[1]]
    assert [b.batch_id for b in ledger.find_batches(loader, states=[BatchState.PUBLISHED])] == [first, second]


def test_a_batch_that_no_run_has_loaded_for_a_while_is_loaded(admin, loader, monkeypatch):
    loaded = []
    monkeypatch.setattr(loading, "load", lambda feed, settings: loaded.append(feed) or LoadReport(feed))
    before, after = (datetime.now(UTC) - timedelta(minutes=minutes) for minutes in (61, 59))
    insert(admin, feed="employers", state="landed", landed_at=before)
    insert(admin, feed="job_orders", state="landed", landed_at=after)
    insert(admin, feed="fair_sessions", state="staged", landed_at=before, staged_at=after)
    insert(admin, feed="placements", state="failed", landed_at=before)
    insert(admin, feed="labour_survey", state="discovered", discovered_at=before)
    insert(admin, feed="poverty_register", state="published", landed_at=before)
    insert(admin, feed="budget_movements", state="audited", landed_at=before, staged_at=before, audited_at=before)
    assert len(resume_stale_batches(timedelta(hours=1))) == 2
    assert sorted(loaded) == ["budget_movements", "employers"]


def test_the_publications_that_core_has_lost_are_those_of_a_partition_that_lost_records(admin, loader):
    def published(sender, has_records, **columns):
        batch = insert(admin, **{"feed": "job_orders", "sender": sender, "state": "published", **BALANCED, **columns})
        if has_records:
            in_core(admin, batch, 1, sender_code=sender)
        return batch

    no_records = {"records_published": 0}
    published("794", True)
    published("795", True)
    published("795", False, **no_records)
    lost = {published("796", False), published("796", False, **no_records)}
    lost.add(published("797", False, records_published=0, records_superseded=1, state="superseded"))
    published("798", False, published_at=None, state="landed")
    published("799", False, feed="employers")
    assert replay._lost_publications(loader, "job_orders") == lost


def test_what_was_blocked_by_other_rules_is_landed_again_and_nothing_else(admin, loader, monkeypatch):
    monkeypatch.setattr(reopening, "digest_of_checks", lambda connection, contract, form: f"now {form}")
    old, same = {"checked_against": "before"}, {"checked_against": "now a"}

    def blocked(state, *details, form="a", sha256="x", feed="employers"):
        batch = insert(admin, feed=feed, state=state, form_version=form, sha256=sha256)
        for detail in details:
            event(admin, batch, state, **detail)
        return batch

    expected = [blocked("quarantined", old), blocked("rejected", old), blocked("rejected", same, old)]
    expected.append(blocked("quarantined", same, form="b"))
    replayed = blocked("published", {**old, "replay_blocked_by": "r"})
    blocked("quarantined", same)
    blocked("rejected", old, same)
    blocked("rejected", {})
    blocked("rejected", old, sha256=None)
    blocked("published", old)
    blocked("rejected", old, feed="job_orders")
    blocked("superseded", old)
    found = reopening.reopen_blocked(loader, load_contract("employers"), "Lan")
    assert sorted(found) == [*expected, replayed]
    assert loader.execute("select count(*) from ops.batch where state = 'landed'").fetchone() == (5,)
    assert {actor for (actor,) in loader.execute("select actor from ops.batch_event where to_state = 'landed'")} == {"Lan"}


def test_the_digest_of_checks_is_that_of_the_rules_the_layout_and_the_lists(admin, loader):
    def digest(feed="employers", form="TT01-2022/csv-a"):
        return reopening.digest_of_checks(loader, load_contract(feed), form)

    before = digest()
    assert before == digest() and len({before, digest(form=None), digest(form="TT01-2022/xlsx-a"), digest(feed="job_orders")}) == 4
    assert digest(form="unknown") == digest(form=None)
    admin.execute("update ops.setting set value = value || 'x' where name = 'seed_hash'")
    assert digest() != before


def test_partitions_whose_current_rows_have_a_value_are_built_again(admin, loader):
    ended = {"recorded_to": datetime.now(UTC)}
    for sender, period, title, more in (
        ("794", "2023-06-01", "a", {}), ("794", "2023-06-01", "b", {}), ("794", "2023-06-02", "c", {}), ("803", "2023-06-01", "a", ended),
    ):  # fmt: skip
        batch = insert(admin, feed="job_orders", sender=sender, period=period)
        in_core(admin, batch, 1, sender_code=sender, period=period, title=title, **more)
    rebuild_partitions(loader, "job_orders", "title", ["a", "b"])
    found = "select batch_id, feed, sender_code, period from ops.outbox order by event_id"
    assert loader.execute(found).fetchall() == [(2, "job_orders", "794", "2023-06-01")]
    events = pending_events(loader)
    admin.execute("update ops.outbox set built_at = now()")
    assert (len(events), pending_events(loader)) == (1, [])
    rebuild_every_partition(loader)
    assert loader.execute(found).fetchall() == [(2, "job_orders", "794", "2023-06-01")] * 2
    assert len(pending_events(loader)) == 1


# ---- gateways


def test_the_senders_of_a_feed_are_those_of_the_senders_file(loader):
    expect_senders(loader, "employers", ["794", "803"])
    expect_senders(loader, "job_orders", ["794", "805"])
    with recorded_request(loader, "employers", "803"):
        pass
    expect_senders(loader, "employers", ["803", "804"])
    rows = "select feed, sender_code, last_answered_at is not null from ops.gateway_request order by 1, 2"
    assert loader.execute(rows).fetchall() == [
        ("employers", "803", True), ("employers", "804", False), ("job_orders", "794", False), ("job_orders", "805", False),
    ]  # fmt: skip


def test_a_request_is_recorded_with_how_it_ended(loader):
    def row(feed="employers"):
        query = "select failure, failing_since = last_requested_at, last_answered_at is not null from ops.gateway_request where feed = %s"
        return loader.execute(query, [feed]).fetchone()

    with recorded_request(loader, "job_orders", "794"):
        pass
    for error, failure in ((GatewayUnavailableError("HTTP 503"), "HTTP 503"), (KeyError("x"), "internal error: KeyError")):
        with pytest.raises(type(error)), recorded_request(loader, "employers", "794"):
            raise error
        assert row()[0].startswith(failure)
        assert row()[1] is (failure == "HTTP 503"), "since the first failure"
    assert row()[2] is False
    with recorded_request(loader, "employers", "794"):
        assert row()[0] is not None
    assert row() == (None, None, True)
    assert row("job_orders") == (None, None, True), "another feed is left alone"


# ---- files


def test_a_chunk_has_twenty_thousand_rows_and_lists_are_written_as_postgresql_reads_them(loader):
    contract = load_contract("labour_survey")
    batch = SimpleNamespace(batch_id=7, sender_code="794", period="2022", sequence=1)

    def chunks(count, marks=()):
        columns = {field.name: [None] * count for field in contract.fields}
        return list(csv_chunks(contract, batch, Normalised(columns, list(range(1, count + 1)), [list(marks)] * count, [[]] * count)))

    assert [chunk.count(b"\n") for chunk in chunks(20_000)] == [20_000]
    assert [chunk.count(b"\n") for chunk in chunks(20_001)] == [20_000, 1]
    assert chunks(0) == []
    marks = ['a"b', "c\\d", "e,f", "{g}", "NULL", ""]
    text = chunks(1, marks)[0].decode()
    loader.execute("create temporary table read (a text, b text, c text, d text, e text, issues text[], f text)")
    head = ",".join(['"' + cell.replace('"', '""') + '"' if cell else "" for cell in next(csv.reader([text]))[:7]])
    with loader.cursor() as cursor, cursor.copy("copy read from stdin (format csv)") as copy:
        copy.write(head + "\n")
    assert loader.execute("select a, b, c, d, e, issues, f from read").fetchall() == [("7", "1", "794", "2022", "1", marks, None)]


def test_a_destroyed_file_is_removed_once_no_batch_needs_it(admin, loader):
    store = LandingStore(load_settings().landing_url)
    gone, kept = (store.put(content).sha256 for content in (b"gone", b"kept"))
    batches = [insert(admin, sha256=sha256, landing_path="x") for sha256 in (gone, gone, kept)]
    assert mark_destroyed(loader, dict.fromkeys(batches[:2], gone), "erasure") == 1
    rows = admin.execute("select batch_id, sha256, landing_path from ops.batch order by 1").fetchall()
    assert rows == [(batches[0], None, None), (batches[1], None, None), (batches[2], kept, "x")]
    later = insert(admin, sha256=gone)
    assert (destroy_marked_files(load_settings()), store.exists(gone)) == (0, True), "it was delivered again"
    admin.execute("update ops.batch set sha256 = null where batch_id = %s", [later])
    assert (destroy_marked_files(load_settings()), store.exists(gone), store.exists(kept)) == (1, False, True)
    assert destroy_marked_files(load_settings()) == 0
    mark_destroyed(loader, {later: gone}, "erasure")
    assert destroy_marked_files(load_settings()) == 1, "a file that is not there any more"


def test_all_pseudonyms_that_are_linked_to_one_person_are_found(admin, loader):
    for alias, person in (("b", "a"), ("c", "a"), ("e", "d")):
        admin.execute("insert into ops.person_identity values (%s, %s, 'x', 1, 'linked')", [alias, person])
    assert [_linked(loader, key) for key in "abcdez"] == [["a", "b", "c"]] * 3 + [["d", "e"]] * 2 + [["z"]]


def test_personal_data_are_kept_to_the_last_day_of_their_retention():
    for feed, contract in load_contracts().items():
        years = int(contract.sla["retention"]["value"])
        personal = any(field.pii == "direct" for field in contract.fields)
        assert keep_until(contract, "2023-06") == (date(2023 + years, 7, 1) if personal else None), feed
        assert keep_until(contract, "x") is None
    contract = load_contract("employers")
    years = int(contract.sla["retention"]["value"])
    assert keep_until(contract, "2024-02-28") == date(2024 + years, 2, 28), "no year lacks this day"
    assert keep_until(contract, "2022") == date(2023 + years, 1, 1)


def test_retention_takes_what_is_over_and_leaves_the_day_before_the_rest_and_open_batches(admin, loader):
    store = LandingStore(load_settings().landing_url)
    files = {name: store.put(name.encode()).sha256 for name in ("old", "shared", "new", "open", "sessions")}
    until = keep_until(load_contract("employers"), "2020")

    def batch(period, state, name, feed="employers"):
        return insert(admin, feed=feed, period=period, state=state, sha256=files[name], declared_sha256=files[name])

    old, shared, new = batch("2020", "published", "old"), batch("2020", "rejected", "shared"), batch("2021", "published", "new")
    batch("2020", "landed", "open")
    batch("2020", "published", "sessions", feed="fair_sessions")
    for number, owner in enumerate((old, shared, new)):
        admin.execute("insert into vault.employer_contact values ('794', %s, 'Lan', null, null, %s)", [str(number), owner])
    assert enforce_retention(today=until - timedelta(days=1)) == []
    (listed,) = enforce_retention(today=until)
    assert (listed.feed, listed.sender_code, listed.period, listed.kept_until) == ("employers", "794", "2020", until)
    assert (listed.vault_rows, listed.files) == (2, 2)
    contacts = "select employer_no from vault.employer_contact order by 1"
    assert len(admin.execute(contacts).fetchall()) == 3 and all(map(store.exists, files.values())), "it was only listed"
    assert enforce_retention(today=until, execute=True) == [listed]
    assert admin.execute(contacts).fetchall() == [("2",)]
    assert {name for name, sha256 in files.items() if store.exists(sha256)} == {"new", "open", "sessions"}
    assert enforce_retention(today=until, execute=True) == []


def test_a_person_refuses_a_batch_that_has_no_outcome(admin, loader):
    for state in BatchState:
        batch = insert(admin, state=state)
        if state in ("published", "quarantined", "rejected", "superseded"):
            with pytest.raises(UsageError, match=f"is {state} already"):
                refuse_batch(batch, "nhầm kỳ", "Lan")
            continue
        for because, by in ((" ", "Lan"), ("nhầm", " ")):
            with pytest.raises(UsageError, match="reason and the name"):
                refuse_batch(batch, because, by)
        refuse_batch(batch, " nhầm kỳ ", " Lan ")
        row, events = ledger.batch_history(loader, batch)
        assert (row["state"], row["reason_rule"]) == ("rejected", "employers.file.refused")
        assert row["reason_vi"] and row["reason_en"] and row["remedy_vi"] and "nhầm kỳ" in row["reason_vi"]
        assert (events[-1]["actor"], events[-1]["detail"]) == ("Lan", {"because": "nhầm kỳ"})


def test_the_report_of_a_load_counts_each_state_and_each_error():
    report = LoadReport("employers", {1: BatchState.PUBLISHED, 2: BatchState.REJECTED, 3: BatchState.PUBLISHED})
    assert (report.changed, report.summary, report.sentences) == (True, "2 published, 1 rejected", [])
    report = LoadReport("employers", {1: BatchState.REJECTED}, errors={2: "x"})
    assert (report.changed, report.summary, report.sentences) == (False, "1 failed, 1 rejected", ["batch 2 of employers failed: x"])
    report = LoadReport("employers", error="y")
    assert (report.summary, report.sentences) == ("the load ended: y", ["the load of employers ended: y"])
    assert LoadReport("employers").summary == "nothing new"
    assert issubclass(GatewayUnavailableError, LabourMarketError)


def test_a_replay_checks_what_it_needs_before_anything_is_moved(admin, loader):
    insert(admin, state="published", sha256="x")
    wrong = {"a reason": {"reason": " "}, "not a period": {"reason": "r", "period": "x"}, "9": {"reason": "r", "sender": "9"}}
    for sentence, arguments in wrong.items():
        with pytest.raises(UsageError, match=sentence):
            replay.replay("employers", dry_run=False, **arguments)
    assert loader.execute("select state from ops.batch").fetchall() == [("published",)]
    listed = replay.replay("employers", reason="r")
    assert [(r.before, r.after, r.blocked_by) for r in listed] == [(("published", None, None), None, None)]
