"""What is announced twice, through the real gateway, load and ledger: the same bytes, and the same delivery id with another content."""

from dataclasses import replace

import pytest
from labour_market import site
from labour_market.batches.ledger import CLOSED_BY_HAND, BlockReason, Finding, note_findings
from labour_market.batches.states import BatchState
from labour_market.cli import app
from labour_market.database import connect
from labour_market.gateway import GatewayClient, GatewayUnavailableError, load_senders
from labour_market.ingestion.loading import load
from labour_market.ingestion.pulling import pull
from labour_market.ingestion.reconcile import CHECKED, reconcile
from labour_market.settings import load_settings
from typer.testing import CliRunner

from tests.integration.sending import current, fetch, fetch_and_load, send, states

WRONG = [
    ({"form_version": "TT01-1999/none"}, "rejected"),
    ({"encoding": "utf-16"}, "rejected"),
    ({"media_type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}, "rejected"),
    ({"record_count": 1}, "rejected"),
]


@pytest.mark.parametrize(("wrong", "state"), WRONG)
def test_the_same_bytes_under_a_corrected_announcement_are_published(gateway, original, loader, wrong, state):
    send(gateway, original, **wrong)
    fetch_and_load(original)
    assert states(loader) == [state]
    send(gateway, original, sequence=2)
    fetch_and_load(original)
    assert states(loader) == [state, "published"]
    assert current(loader) == original.announcement["record_count"] > 0
    assert reconcile().findings == []


def test_both_announcements_in_one_load_publish_the_correct_one(gateway, original, loader):
    send(gateway, original, form_version="TT01-1999/none")
    send(gateway, original, sequence=2)
    fetch_and_load(original)
    assert sorted(states(loader)) == ["published", "rejected"]


def test_the_same_bytes_are_loaded_again_after_a_rule_blocked_them(gateway, original, loader, monkeypatch):
    send(gateway, original)
    send(gateway, original, sequence=2)
    fetch(original)
    with monkeypatch.context() as patch:
        from labour_market.quality import gate

        verdict = gate._verdict
        patch.setattr(gate, "_verdict", lambda *args: replace(verdict(*args), reason=BlockReason("employers.file.x", "x", "x", "x")))
        load("employers")
    assert states(loader) == ["quarantined", "quarantined"]
    send(gateway, original, sequence=3)
    fetch_and_load(original)
    assert states(loader) == ["quarantined", "quarantined", "published"]


def test_a_repetition_of_a_published_delivery_is_superseded(gateway, original, loader):
    send(gateway, original)
    send(gateway, original, sequence=2)
    fetch_and_load(original)
    send(gateway, original, sequence=2)
    fetch_and_load(original)
    assert states(loader) == ["published", "superseded", "superseded"]
    assert reconcile().findings == []


@pytest.mark.parametrize("changed", [{"encoding": "cp1258"}, {"declared_totals": {"planned_hires_6m": 3}}])
def test_another_announcement_of_published_bytes_is_no_repetition(gateway, original, loader, changed):
    send(gateway, original)
    fetch_and_load(original)
    send(gateway, original, sequence=2, **changed)
    fetch_and_load(original)
    assert states(loader)[1] != "superseded"


def test_the_first_content_comes_back_after_another_one(gateway, original, loader):
    other = b"".join(original.payload.read_bytes().splitlines(keepends=True)[:-1])
    send(gateway, original)
    send(gateway, original, other, record_count=original.announcement["record_count"] - 1)  # of the same sequence
    send(gateway, original)
    fetch_and_load(original)
    assert states(loader) == ["superseded", "superseded", "published"]
    assert current(loader) == original.announcement["record_count"]


def test_a_repetition_with_a_later_sequence_is_not_undone_by_a_late_one_between(gateway, original, loader):
    other = b"".join(original.payload.read_bytes().splitlines(keepends=True)[:-1])
    for sequence, content in ((1, None), (3, None), (2, other)):
        count = original.announcement["record_count"] - (content is not None)
        send(gateway, original, content, sequence=sequence, record_count=count)
        fetch_and_load(original)
    assert current(loader) == original.announcement["record_count"], "sequence 3 is the latest"


def reannounce(gateway, delivery_id, **changed) -> None:
    """Let the gateway announce a delivery under the same id with other parts; the bytes stay."""
    deliveries = gateway._server.deliveries
    for place, delivery in enumerate(deliveries):
        if delivery.announcement["delivery_id"] == delivery_id:
            deliveries[place] = replace(delivery, announcement={**delivery.announcement, **changed})


def reconciled(code: int) -> str:
    done = CliRunner().invoke(app, ["reconcile"])
    assert done.exit_code == code, done.output
    return done.output


CHANGES = [
    {"sha256": "0" * 64},
    {"size_bytes": 7},
    {"period": "2023-05"},
    {"record_count": 1},
    {"sequence": 9},
    {"form_version": "TT01-2022/csv-b"},
    {"encoding": "cp1258"},
    {"declared_totals": {"planned_hires_6m": 1}},
]


@pytest.mark.parametrize("changed", CHANGES, ids=lambda changed: next(iter(changed)))
def test_a_delivery_that_changed_before_it_was_fetched_is_rejected(gateway, original, loader, monkeypatch, changed):
    delivery_id = send(gateway, original)

    def unavailable(*_):
        raise GatewayUnavailableError("it is down")

    with monkeypatch.context() as patch, pytest.raises(GatewayUnavailableError):
        patch.setattr(GatewayClient, "fetch", unavailable)
        fetch(original)
    assert states(loader) == [BatchState.DISCOVERED]
    reannounce(gateway, delivery_id, **changed)
    fetch_and_load(original)
    assert loader.execute("select state, reason_rule from ops.batch").fetchall() == [("rejected", "employers.file.announcement")]
    (sentence,) = loader.execute("select reason_vi from ops.batch").fetchone()
    assert next(iter(changed)) in sentence
    assert f"announcement_changed: delivery {delivery_id}" in reconciled(1)
    assert current(loader) == 0


def test_a_published_delivery_that_is_announced_anew_is_a_finding_until_it_is_not(gateway, original, loader):
    delivery_id = send(gateway, original)
    fetch_and_load(original)
    reannounce(gateway, delivery_id, period="2023-05")
    for _ in range(2):
        fetch_and_load(original)
    assert reconciled(1).count("announcement_changed") == 1
    assert loader.execute("select period, state from ops.batch").fetchall() == [(original.announcement["period"], "published")]
    reannounce(gateway, delivery_id, period=original.announcement["period"])
    fetch_and_load(original)
    reconciled(0)
    assert loader.execute("select closed_at is not null, closed_by from ops.reconcile_finding").fetchall() == [(True, None)]


def test_a_person_closes_a_finding_for_good(gateway, original, loader):
    delivery_id = send(gateway, original)
    fetch_and_load(original)
    reannounce(gateway, delivery_id, period="2023-05")
    fetch_and_load(original)
    number = reconciled(1).split()[0]
    closed = CliRunner().invoke(app, ["close-finding", number, "--because", "a new delivery came", "--by", "Lan"])
    assert closed.exit_code == 0, closed.output
    fetch_and_load(original)
    reconciled(0)
    second = CliRunner().invoke(app, ["close-finding", number, "--because", "a new delivery came", "--by", "Lan"])
    assert second.exit_code == 2


def test_one_delivery_id_in_two_feeds_is_a_finding(gateway, original, loader):
    delivery_id = send(gateway, original)
    sender = original.announcement["sender_code"]
    gateway.add_delivery("job_orders", sender, "2023-06-14", [], delivery_id=delivery_id)
    fetch_and_load(original)
    pull("job_orders", next(s for s in load_senders(load_settings().senders_file) if s.code == sender))
    assert states(loader) == ["published"]
    assert f"delivery_id_reused: delivery {delivery_id}" in reconciled(1)
    fetch_and_load(original)
    assert "delivery_id_reused" in reconciled(1), "a pull of one feed does not close what another one found"


def test_a_count_that_is_text_is_a_finding_until_it_is_a_number(gateway, original, loader):
    count = original.announcement["record_count"]
    delivery_id = send(gateway, original, record_count=str(count))
    fetch_and_load(original)
    assert states(loader) == []
    output = reconciled(1)
    assert "announcement_unreadable" in output and delivery_id in output and "record_count" in output
    reannounce(gateway, delivery_id, record_count=count)
    fetch_and_load(original)
    reconciled(0)
    assert states(loader) == ["published"]


def test_landed_bytes_that_are_not_the_announced_ones_are_found(gateway, original, loader):
    send(gateway, original)
    fetch_and_load(original)
    loader.execute("update ops.batch set declared_sha256 = %s", ["0" * 64])
    assert "other_bytes" in reconciled(1)
    loader.execute("update ops.batch set declared_sha256 = sha256")
    reconciled(0)


def test_bi_has_a_sentence_for_every_kind_of_finding_and_no_id_of_a_sender(loader):
    kinds = [*CLOSED_BY_HAND, *CHECKED]
    note_findings(loader, kinds, [Finding(kind, "delivery canary-1", "employers", "803") for kind in kinds])
    with connect("bi_reader") as reader:
        rows = reader.execute("select kind, finding_vi, finding_en, open_findings::text from bi.open_findings").fetchall()
    assert sorted(row[0] for row in rows) == sorted(kinds)
    assert all(kind not in (vi, en) and "canary" not in everything for kind, vi, en, everything in rows)


def test_the_page_lists_every_open_finding(loader):
    assert "open-findings" not in site.render().read_text(encoding="utf-8")
    note_findings(loader, ["stuck", "lost_records"], [Finding("stuck", "x", "employers", "803"), Finding("lost_records", "y", batch_id=7)])
    page = site.render().read_text(encoding="utf-8")
    assert "Phát hiện khi đối soát: 2" in page
    assert "lô dừng lại quá lâu" in page and "số bản ghi của lô không khớp với sổ cái" in page


@pytest.mark.parametrize("fault", ["skipped", "repeated"])
def test_pages_that_were_skipped_or_repeated_are_fetched_again_by_the_next_pull(gateway, province, loader, monkeypatch, fault):
    orders = max((d for d in province.deliveries if d.announcement["feed"] == "job_orders"), key=lambda d: d.announcement["record_count"])
    records = [{"order_no": str(n)} for n in range(5)]
    gateway.add_delivery("job_orders", orders.announcement["sender_code"], "2023-06-14", records)
    pages = GatewayClient._pages

    def faulty(self, path, query, member, until):
        for page in pages(self, path, query, member, until):
            yield page if member == "items" else page[1:] if fault == "skipped" else [page[0], *page[:-1]]

    with monkeypatch.context() as patch:
        patch.setattr(GatewayClient, "_pages", faulty)
        fetch(orders)
    assert states(loader) == ["rejected"]
    fetch(orders)
    assert states(loader) == ["landed"]


def test_bytes_that_are_never_the_announced_ones_are_fetched_three_times(gateway, original, loader, monkeypatch):
    send(gateway, original, sha256="0" * 64)
    fetched = []
    fetch_bytes = GatewayClient.fetch
    monkeypatch.setattr(GatewayClient, "fetch", lambda *arguments: (fetched.append(1), fetch_bytes(*arguments))[1])
    for _ in range(5):
        fetch(original)
    assert len(fetched) == 3
    assert states(loader) == ["rejected"]
    send(gateway, original, sequence=2)
    fetch_and_load(original)
    assert states(loader) == ["rejected", "published"]
