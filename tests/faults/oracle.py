"""The oracle of gateways and deliveries: what was announced is compared with what the warehouse holds.

It reads core, quarantine and the landing store itself; of the ledger it takes only which batch a delivery is.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
from labour_market.gateway import Sender
from labour_market.ingestion.reconcile import reconcile
from psycopg import sql

from tests.faults.offices import COLUMNS, FINAL, Announced, Office, Offices, night, values
from tests.faults.watching import Watcher
from tests.unit.test_gateway import TOKEN

# sender, period (of a snapshot; "" of changes, whose number is current in one period) and number of a record
Key = tuple[str, str, str]
SNAPSHOTS = {"employers"}


def current(loader: psycopg.Connection, feed: str = "job_orders") -> dict[Key, tuple[str, ...]]:
    """The compared values of the current records of core."""
    columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[feed]))
    rows = loader.execute(
        sql.SQL("select sender_code, period, {} from core.{} where recorded_to = 'infinity'").format(columns, sql.Identifier(feed))
    ).fetchall()
    found = {(sender, period if feed in SNAPSHOTS else "", no): tuple(map(str, rest)) for sender, period, no, *rest in rows}
    assert len(found) == len(rows), "a record is current twice"
    return found


def expected(*deliveries: Announced) -> dict[Key, tuple[str, ...]]:
    """The current records after these deliveries, of which a later one replaces records of an earlier one."""
    return {
        (s.sender, str(s.announcement["period"]) if s.feed in SNAPSHOTS else "", r[COLUMNS[s.feed][0]]): values(s.feed, r)
        for s in deliveries
        for r in s.records
    }


def states(loader: psycopg.Connection) -> dict[str, str]:
    """The state of each delivery that is in the ledger."""
    return dict(loader.execute("select delivery_id, state from ops.batch").fetchall())


def check_nothing_is_lost(loader: psycopg.Connection, offices: Offices) -> None:
    """P1: each delivery whose bytes came has all its records in one place, and its bytes as they were sent."""
    rows = loader.execute("select batch_id, delivery_id, feed, state, landing_path, superseded_by from ops.batch").fetchall()
    for batch, delivery, feed, state, path, replacement in rows:
        sent = offices.sent[delivery]
        if path is None:
            assert state in ("discovered", "rejected"), f"{delivery} is {state} without its bytes"
            assert _kept(loader, feed, batch) == (set(), set())
            continue
        content = Path(str(path).removeprefix("file://")).read_bytes()
        assert hashlib.sha256(content).hexdigest() == sent.announcement["sha256"], f"other bytes are kept of {delivery}"
        published, quarantined = _kept(loader, feed, batch)
        assert not published & quarantined, f"{delivery} has a record in core and in quarantine"
        if state == "published" or (state == "superseded" and published | quarantined):
            assert len(published | quarantined) == sent.announcement["record_count"], f"{delivery}: records are lost"
        else:
            assert (published, quarantined) == (set(), set()), f"{delivery} is {state} and has records in core"
            assert state != "superseded" or replacement is not None


def _kept(loader: psycopg.Connection, feed: str, batch: int) -> tuple[set[int], set[int]]:
    """The rows of a batch in core, also of its history, and those in quarantine."""
    in_core = sql.SQL("select row_no from core.{} where batch_id = %s").format(sql.Identifier(feed))
    in_quarantine = "select row_no from quarantine.rejected_row where batch_id = %s and status <> 'superseded'"
    return {n for (n,) in loader.execute(in_core, [batch])}, {n for (n,) in loader.execute(in_quarantine, [batch])}


def check_nothing_is_silent(loader: psycopg.Connection, *, waiting: Iterable[str] = ()) -> None:
    """P4: each batch has an outcome, and a blocked one its rule and its sentences; `waiting` are those that may wait, and are listed."""
    rows = loader.execute("select delivery_id, state, reason_rule, reason_vi, remedy_vi from ops.batch").fetchall()
    found = reconcile()
    listed = {waits["batch_id"] for waits in found.waiting}
    ids = dict(loader.execute("select delivery_id, batch_id from ops.batch").fetchall())
    for delivery, state, rule, reason, remedy in rows:
        if delivery in waiting:
            assert state == "discovered" and ids[delivery] in listed
        else:
            assert state in FINAL, f"{delivery} is {state}"
            assert (state in ("rejected", "quarantined")) == bool(rule and reason and remedy), f"{delivery} is {state} without a sentence"
    lost = [finding.detail for finding in found.findings if finding.kind in ("lost_records", "orphan_records", "stuck")]
    assert lost == []


def check_failure_is_kept(loader: psycopg.Connection, sender: str, *, failing: bool, feed: str = "job_orders") -> None:
    """P4: whether the last request to a sender failed is kept, with a reason that has no address and no token."""
    (failure,) = loader.execute(
        "select failure from ops.gateway_request where feed = %s and sender_code = %s", [feed, sender]
    ).fetchone() or (None,)
    assert bool(failure) == failing, failure
    assert TOKEN not in str(failure) and "127.0.0.1" not in str(failure)


def check_others(loader: psycopg.Connection, offices: Offices, *touched: str, feed: str = "job_orders") -> None:
    """P6: every other sender has exactly the records that it sent."""
    of_others = [sent for sent in offices.sent.values() if sent.sender not in touched and sent.feed == feed]
    assert of_others
    found = {key: value for key, value in current(loader, feed).items() if key[0] not in touched}
    assert found == expected(*of_others)


def snapshot(loader: psycopg.Connection, feed: str = "job_orders") -> list[Any]:
    """Everything that core and quarantine hold of a feed, its history too."""
    core = sql.SQL("select to_jsonb(c)::text from core.{} as c order by 1").format(sql.Identifier(feed))
    in_quarantine = "select batch_id, row_no, rule_id, status from quarantine.rejected_row where feed = %s order by 1, 2, 3"
    return [loader.execute(core).fetchall(), loader.execute(in_quarantine, [feed]).fetchall()]


def check_second_night(loader: psycopg.Connection, senders: list[Sender], *feeds: str) -> None:
    """P2: another night with the same deliveries changes nothing."""
    feeds = feeds or ("job_orders",)
    before = [snapshot(loader, feed) for feed in feeds]
    night(senders, *feeds)
    assert [snapshot(loader, feed) for feed in feeds] == before


def check_office(office: Office, *, marts: bool = False) -> None:
    """P1, P2, P4, P5: everything that was sent is published, has one effect, and is all that there is; nothing waits for a load.

    marts: also the facts, and nothing waits for a build.
    """
    admin = office.admin
    assert not office.pending
    rows = admin.execute("select delivery_id, state from ops.batch").fetchall()
    assert sorted(delivery for delivery, _ in rows) == sorted(sent.delivery_id for sent in office.sent)
    assert {state for _, state in rows} <= {"published", "superseded"}
    check_nothing_is_lost(admin, office.offices)
    office.check(marts=marts)
    versions = "select count(*) from ops.batch where state = 'published' and feed = any(%s) group by feed, sender_code, period"
    assert {count for (count,) in admin.execute(versions, [["labour_survey", "fair_sessions"]])} <= {1}, "two versions of a snapshot"
    for feed in {sent.feed for sent in office.sent}:
        twice = sql.SQL("select batch_id, row_no from core.{} group by 1, 2 having count(*) > 1").format(sql.Identifier(feed))
        assert admin.execute(twice).fetchall() == []
    publications = admin.execute("select batch_id, count(*) from ops.batch_event where to_state = 'published' group by 1").fetchall()
    assert all(count == 1 for _, count in publications), "a batch was published twice"
    outbox = admin.execute("select batch_id from ops.outbox").fetchall()
    assert {batch for (batch,) in outbox} == {batch for batch, _ in publications}
    vault = dict(admin.execute("select national_id, full_name from vault.person where national_id is not null").fetchall())
    persons = [record for sent in office.sent if sent.feed == "labour_survey" for record in sent.records()]
    assert vault == {record["national_id"]: record["full_name"] for record in persons}
    if marts:
        assert admin.execute("select count(*) from ops.outbox where built_at is null").fetchone() == (0,)
    result = reconcile(reread=True)
    assert (result.findings, result.waiting) == ([], [])


def check_atomic(office: Office, watcher: Watcher) -> None:
    """P3: each partition showed one version after the other, whole, and was never empty in between."""
    found = watcher.contents()
    assert found
    for (in_marts, partition), contents in found.items():
        versions = office.truth.history[partition]
        for content in contents:
            place = f"{'marts' if in_marts else 'core'} {partition}"
            assert content in versions, f"{place} showed a mixture, a part, or an older version after a newer one"
            versions = versions[versions.index(content) :]
