"""Replays: what is published stays in use until other records replace it, and what was blocked is loaded again by what changed."""

import json
import shutil
from dataclasses import replace

import pytest
from labour_market.batches.delivery_errors import InvalidDeliveryError
from labour_market.batches.landing import LandingStore
from labour_market.batches.ledger import BlockReason
from labour_market.contracts import load_contract
from labour_market.database import connect
from labour_market.database.kept_settings import SEED_HASH, keep_setting, read_setting
from labour_market.database.tables import core_columns
from labour_market.ingestion import loading, reopening
from labour_market.ingestion import replay as replaying
from labour_market.ingestion.loading import load
from labour_market.ingestion.pseudonyms import load_pseudonym_key
from labour_market.ingestion.pulling import pull
from labour_market.ingestion.reader import Reader, Reading
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.replay import replay
from labour_market.ingestion.staging import csv_chunks, read_batch
from labour_market.quality import gate
from labour_market.reading import deliveries
from labour_market.reading.layouts import layout_path
from psycopg import sql

from tests.integration.sending import current, fetch, fetch_and_load, send, sender_of, states


def block_in_audit(patch) -> None:
    verdict = gate._verdict
    reason = BlockReason("employers.file.period_open", "x", "x", "x")
    patch.setattr(gate, "_verdict", lambda *arguments: replace(verdict(*arguments), reason=reason))


def block_in_reader(patch) -> None:
    def refuse(*_):
        raise InvalidDeliveryError("form_version_known", {"form_version": "x"})

    patch.setattr(Reader, "read", refuse)


class ReaderOfThisProcess(Reader):
    """Reads here, so that it reads what a test has patched."""

    def __enter__(self):
        return self

    def read(self, contract, batch):
        store, key = LandingStore(self._settings.landing_url), load_pseudonym_key(self._settings)
        normalised, remarks = read_batch(contract, batch, store, key)
        return Reading(len(normalised.row_numbers), remarks, csv_chunks(contract, batch, normalised))


def publish_and_block_replay(gateway, original, monkeypatch) -> None:
    send(gateway, original)
    fetch_and_load(original)
    with monkeypatch.context() as patch:
        block_in_audit(patch)
        replay("employers", reason="a stricter rule", dry_run=False)


def kinds() -> list[str]:
    return [finding.kind for finding in reconcile().findings]


@pytest.mark.parametrize(("block", "rule"), [(block_in_audit, "file.period_open"), (block_in_reader, "file.form_version_known")])
def test_a_blocked_replay_leaves_the_published_records_in_use(gateway, original, loader, monkeypatch, block, rule):
    send(gateway, original)
    fetch_and_load(original)
    before = loader.execute("select published_at, records_published, (select count(*) from ops.outbox) from ops.batch").fetchone()
    with monkeypatch.context() as patch:
        block(patch)
        (replayed,) = replay("employers", reason="a stricter rule", dry_run=False)
    assert replayed.blocked_by == f"employers.{rule}"
    assert states(loader) == ["published"]
    assert loader.execute("select published_at, records_published, (select count(*) from ops.outbox) from ops.batch").fetchone() == before
    assert current(loader) == original.announcement["record_count"]
    assert kinds() == ["replay_blocked"]
    assert loader.execute("select detail ->> 'reason_rule' from ops.batch_event order by event_id desc limit 1").fetchone() == (
        f"employers.{rule}",
    )
    (replayed,) = replay("employers", reason="the rule was wrong", dry_run=False)
    assert replayed.blocked_by is None
    assert kinds() == []


def test_a_correction_ends_the_finding_of_a_blocked_replay(gateway, original, loader, monkeypatch):
    publish_and_block_replay(gateway, original, monkeypatch)
    send(
        gateway,
        original,
        b"".join(original.payload.read_bytes().splitlines(keepends=True)[:-1]),
        sequence=2,
        record_count=count(original) - 1,
    )
    fetch_and_load(original)
    assert states(loader) == ["superseded", "published"]
    assert kinds() == []


def count(original) -> int:
    return original.announcement["record_count"]


def test_a_batch_counts_as_published_while_it_is_replayed(gateway, original, loader, monkeypatch):
    send(gateway, original)
    fetch_and_load(original)

    def die(*_):
        raise KeyboardInterrupt

    latest = "select feed, period from intermediate.int_periods__latest"
    with connect("transformer", autocommit=True) as transformer:
        before = transformer.execute(latest).fetchall()
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Reader, "read", die)
            replay("employers", reason="it is killed", dry_run=False)
        assert states(loader) == ["landed"]
        assert transformer.execute(latest).fetchall() == before == [("employers", original.announcement["period"])]
        assert transformer.execute("select state from staging.stg_ops__batch").fetchall() == [("published",)]
    assert kinds() == []
    loader.execute("delete from core.employers where row_no = (select min(row_no) from core.employers)")
    assert kinds() == ["lost_records"], "a record that is lost meanwhile is found"


def test_a_late_older_sequence_is_not_published_over_a_batch_that_is_replayed(gateway, original, loader, monkeypatch):
    send(gateway, original, sequence=2)
    fetch_and_load(original)
    older = b"".join(original.payload.read_bytes().splitlines(keepends=True)[:-1])
    send(gateway, original, older, sequence=1, record_count=count(original) - 1)
    fetch(original)
    with monkeypatch.context() as patch:
        read = Reader.read

        def refuse_the_newer(self, contract, batch):
            if batch.sequence == 2:
                raise InvalidDeliveryError("form_version_known", {"form_version": "x"})
            return read(self, contract, batch)

        patch.setattr(Reader, "read", refuse_the_newer)
        # the replay is killed before its load; the next load of the feed has both batches
        patch.setattr(replaying, "load", lambda feed, *_, only: load(feed))
        replay("employers", reason="a stricter rule", dry_run=False)
    assert states(loader) == ["published", "superseded"]
    assert current(loader) == count(original)


def test_a_new_layout_loads_what_was_rejected_without_it(gateway, original, loader, monkeypatch, tmp_path):
    send(gateway, original, form_version="TT01-2099/new")
    fetch_and_load(original)
    assert states(loader) == ["rejected"]
    assert load("employers").outcomes == {}, "nothing has changed"
    known = layout_path("employers", original.announcement["form_version"])
    new = shutil.copy(known, tmp_path / "TT01-2099__new.csv")
    for module in (deliveries, reopening):
        monkeypatch.setattr(module, "layout_path", lambda feed, form_version, *_: new if form_version == "TT01-2099/new" else None)
    monkeypatch.setattr(loading, "Reader", ReaderOfThisProcess)
    load("employers")
    assert states(loader) == ["published"]
    assert current(loader) == count(original)
    assert kinds() == []


def test_a_changed_list_loads_what_a_rule_blocked_and_not_what_a_person_rejected(gateway, original, loader, monkeypatch):
    send(gateway, original)
    send(gateway, original, sequence=2)
    fetch(original)
    with monkeypatch.context() as patch:
        block_in_audit(patch)
        load("employers")
    assert states(loader) == ["quarantined", "quarantined"]
    loader.execute(
        "update ops.batch_event set detail = '{}' where to_state = 'quarantined' and batch_id = (select min(batch_id) from ops.batch)"
    )
    assert load("employers").outcomes == {}
    loaded = read_setting(loader, SEED_HASH)
    keep_setting(loader, SEED_HASH, "another list")
    load("employers")
    keep_setting(loader, SEED_HASH, loaded)
    assert states(loader) == ["quarantined", "published"]


def nights(gateway, province, loader) -> tuple:
    """Corrections, a late older day, a withdrawn register that comes back, and a repetition: one night each. Gives the originals."""
    register, orders = (
        max((d for d in province.deliveries if d.announcement["feed"] == feed), key=lambda d: d.announcement["record_count"])
        for feed in ("employers", "job_orders")
    )
    announced = [
        (register, {"period": "2023-06"}),
        (orders, {"period": "2023-06-14"}),
        (register, {"period": "2023-05"}),
        (orders, {"period": "2023-06-13"}),
        (orders, {"period": "2023-06-14", "sequence": 2, "declared_totals": {"openings": 1}}),
        (register, {"period": "2023-06", "sequence": 2, "media_type": "application/json", "form_version": None, "record_count": 0}),
        (register, {"period": "2023-06", "sequence": 3, "declared_totals": {"planned_hires_6m": 1}}),
        (register, {"period": "2023-06", "sequence": 4, "declared_totals": {"planned_hires_6m": 1}}),
    ]
    for night, (original, changes) in enumerate(announced, 1):
        content = b"" if changes.get("record_count") == 0 else None
        send(gateway, original, content, created_at=f"2023-07-{night:02d}T08:00:00+07:00", **changes)
        fetch_and_load(original)
    found = loader.execute("select state, count(*) from ops.batch group by state order by state").fetchall()
    assert found == [("published", 5), ("superseded", 3)]
    return register, orders


WIPE = "vault.employer_contact, vault.person, core.employers, core.job_orders"


def test_a_changed_list_loads_a_blocked_replay_again(gateway, original, loader, monkeypatch):
    publish_and_block_replay(gateway, original, monkeypatch)
    assert load("employers").outcomes == {}
    loaded = read_setting(loader, SEED_HASH)
    keep_setting(loader, SEED_HASH, "another list")
    assert list(load("employers").outcomes.values()) == ["published"]
    keep_setting(loader, SEED_HASH, loaded)
    assert kinds() == []


def test_everything_loaded_at_once_gives_the_history_of_the_nights(gateway, province, loader):
    originals = nights(gateway, province, loader)
    by_nights = history(loader)
    loader.execute(f"truncate ops.batch, {WIPE} cascade")
    for original in originals:
        pull(original.announcement["feed"], sender_of(original))
        load(original.announcement["feed"])
    assert history(loader) == by_nights
    assert all(by_nights.values())
    assert kinds() == []


def test_a_replay_of_everything_gives_an_emptied_core_its_history(gateway, province, loader):
    nights(gateway, province, loader)
    ledger = "select batch_id, state, superseded_by, records_published, records_superseded from ops.batch order by 1"
    by_nights, batches = history(loader), loader.execute(ledger).fetchall()
    loader.execute(f"truncate {WIPE}")
    assert set(kinds()) == {"lost_records"}
    replay(reason="core was lost", dry_run=False)
    assert history(loader) == by_nights
    assert loader.execute(ledger).fetchall() == batches
    assert kinds() == []
    # core has everything now: what was superseded stays so
    assert {replayed.before[0] for replayed in replay(reason="nothing is lost", dry_run=True)} == {"published"}


def test_a_replay_of_an_older_batch_does_not_bring_back_its_contacts(gateway, original, loader):
    send(gateway, original, period="2023-05")
    fetch_and_load(original)
    (number, name) = loader.execute(
        "select employer_no, contact_name from vault.employer_contact where contact_name <> '' limit 1"
    ).fetchone()
    newer = original.payload.read_bytes().replace(name.encode(), "Trần Thị Mới".encode())
    assert newer != original.payload.read_bytes()
    send(gateway, original, newer, period="2023-06")
    fetch_and_load(original)
    replay("employers", period="2023-05", reason="a rule was fixed", dry_run=False)
    kept = "select contact_name from vault.employer_contact where employer_no = %s"
    assert loader.execute(kept, [number]).fetchone() == ("Trần Thị Mới",)


def history(loader) -> dict[str, list]:
    """Every row of core with its place in the order of recordings, and the vault, without numbers of batches."""
    rows = {}
    for feed in ("employers", "job_orders"):
        columns = [name for name in core_columns(load_contract(feed)) if name not in ("batch_id", "recorded_from", "recorded_to")]
        rows[feed] = loader.execute(
            sql.SQL(
                "select {}, dense_rank() over (order by recorded_from), recorded_to = 'infinity', recorded_to = recorded_from"
                " from core.{} order by recorded_from, row_no"
            ).format(sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in columns), sql.Identifier(feed))
        ).fetchall()
    contacts = "select sender_code, employer_no, contact_name, contact_phone, contact_email from vault.employer_contact order by 1, 2"
    return {**rows, "contacts": loader.execute(contacts).fetchall()}


def test_a_replay_of_everything_compares_a_batch_with_what_it_was_first_compared_with(gateway, province, loader):
    """Money whose plan came later, with an approval after the money was spent: today the rule would keep the movement out."""
    plans, money = (
        next(d for d in province.deliveries if d.announcement["feed"] == feed and d.announcement["period"] == "2022")
        for feed in ("programme_plans", "budget_movements")
    )
    spent = next(row for row in json_rows(money) if row["movement"] == "disbursement")

    def is_approval(row: dict) -> bool:
        plan = (row["unit_code"], row["plan_year"], row["activity"], row["fund_type"], row["plan_status"])
        return plan == (spent["unit_code"], spent["fund_year"], spent["activity"], spent["fund_type"], "approved")

    lines = plans.payload.read_text().splitlines(keepends=True)
    approved_later = [
        line.replace(json.loads(line)["status_on"], "2022-12-31") if is_approval(json.loads(line)) else line for line in lines
    ]
    assert approved_later != lines
    send(gateway, money)
    fetch_and_load(money)
    send(gateway, plans, "".join(approved_later).encode())
    fetch_and_load(plans)
    published = "select batch_id, state, records_published, records_quarantined, records_superseded from ops.batch order by 1"
    before = loader.execute(published).fetchall()
    assert [(row[1], row[3]) for row in before] == [("published", 0)] * 2
    loader.execute("truncate core.programme_plans, core.budget_movements")
    replay(reason="core was lost", dry_run=False)
    assert loader.execute(published).fetchall() == before
    assert kinds() == []


def json_rows(delivery) -> list[dict]:
    """The records of a delivery of JSON lines."""
    return [json.loads(line) for line in delivery.payload.read_text().splitlines()]
