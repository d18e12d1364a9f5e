"""Alerts at their edges: one cause beside another, a minute before three days and a minute after, and the last 24 hours."""

from datetime import UTC, datetime, timedelta

import pytest
from labour_market.alerts import send_alerts, send_digest
from labour_market.ingestion.reconcile import Finding, Reconciliation


class Kept:
    """A notifier that keeps what it is given."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []

    def send(self, subject: str, text: str) -> None:
        self.messages.append((subject, text))


def found(*numbers: int) -> Reconciliation:
    return Reconciliation(0, 0, [Finding("lost_records", f"lô {n}", "employers", "794", "2023-06", n) for n in numbers], [], [], 0)


@pytest.fixture
def send(loader):
    def run(*numbers: int) -> tuple[dict[str, int], str]:
        kept = Kept()
        counts = send_alerts(found(*numbers), configured=[kept])
        assert len(kept.messages) == bool(any(counts.values()))
        return counts, "".join(text for _, text in kept.messages)

    return run


def counts(new: int = 0, escalated: int = 0, over: int = 0) -> dict[str, int]:
    return {"new": new, "escalated": escalated, "over": over}


def open_since(loader, number: int, **ago: float) -> None:
    changed = loader.execute(
        "update ops.alert set opened_at = now() - %s where sentence like %s returning cause", [timedelta(**ago), f"%lô {number}%"]
    ).fetchall()
    assert len(changed) == 1


def test_each_cause_is_new_lasts_and_ends_by_itself(loader, send):
    assert send(1, 2)[0] == counts(new=2)
    assert send(1, 2)[0] == counts()
    open_since(loader, 1, days=3, minutes=-1)
    assert send(1, 2)[0] == counts()
    open_since(loader, 1, days=3, minutes=1)
    number, text = send(1, 2)
    assert number == counts(escalated=1) and "lô 1" in text and "lô 2" not in text
    assert send(1, 2)[0] == counts(), "once"
    number, text = send(1, 2, 3)
    assert number == counts(new=1) and "lô 3" in text and "lô 1" not in text
    open_since(loader, 2, days=9)
    number, text = send(1, 3)
    assert number == counts(over=1) and "lô 2" in text and "lô 1" not in text, "what is over is not escalated"
    assert send(1, 3)[0] == counts()
    number, text = send(1, 2, 3)
    assert number == counts(new=1) and "lô 2" in text, "it came back"
    assert send(1, 2, 3)[0] == counts(), "and its three days begin anew"
    open_since(loader, 2, days=4)
    assert send(1, 2, 3)[0] == counts(escalated=1)
    assert send()[0] == counts(over=3)
    assert send()[0] == counts()


def test_the_last_build_alone_is_a_cause_and_only_when_it_ended_badly(loader, send):
    def build(succeeded: bool | None, finished: bool = True) -> None:
        loader.execute(
            "insert into ops.build (finished_at, up_to_event, partitions, succeeded) values (case when %s then now() end, 0, 0, %s)",
            [finished, succeeded],
        )

    build(True)
    assert send()[0] == counts()
    build(False)
    number, text = send()
    assert number == counts(new=1) and "build 2 failed" in text
    build(None, finished=False)
    assert send()[0] == counts(), "one that runs"
    build(True)
    assert send()[0] == counts(over=1)


def test_a_gateway_and_a_missing_delivery_are_one_cause_each_for_a_sender(loader, send):
    for feed, failure in (("employers", "HTTP 503"), ("job_orders", "HTTP 503"), ("fair_sessions", None)):
        loader.execute(
            "insert into ops.gateway_request (feed, sender_code, listed_at, last_requested_at, last_answered_at, failure)"
            " values (%s, '795', now(), now(), now(), %s)",
            [feed, failure],
        )
    number, text = send()
    assert number == counts(new=1) and "employers, job_orders" in text and "fair_sessions" not in text
    loader.execute("update ops.gateway_request set last_requested_at = now() - interval '29 hours', failure = null")
    assert send()[0] == counts(over=1)
    loader.execute("update ops.gateway_request set last_requested_at = now() - interval '31 hours' where feed = 'employers'")
    number, text = send()
    assert number == counts(new=1) and "not requested" in text


def test_the_digest_is_about_the_last_24_hours(loader):
    now = datetime.now(UTC)
    for number, (hours, state) in enumerate([(23.9, "rejected"), (24.1, "rejected"), (23.9, "published"), (24.1, "published")]):
        loader.execute(
            "insert into ops.batch (feed, sender_code, delivery_id, period, sequence, media_type, declared_records, declared_bytes,"
            " declared_sha256, delivery_created_at, state, reason_vi, reason_en, discovered_at)"
            " values ('employers', '794', %s, '2023-06', 1, 'text/csv', 0, 0, '', now(), %s, %s, 'x', %s)",
            [str(number), state, f"lý do {number}", now - timedelta(hours=hours)],
        )
    for hours, succeeded in ((23.9, True), (23.8, False), (24.1, True)):
        loader.execute(
            "insert into ops.build (started_at, finished_at, up_to_event, partitions, succeeded) values (%s, %s, 0, 0, %s)",
            [now - timedelta(hours=hours), now - timedelta(hours=hours) + timedelta(seconds=90), succeeded],
        )
    kept = Kept()
    lines = send_digest(configured=[kept]).splitlines()
    assert kept.messages[0][1].splitlines() == lines
    assert [line for line in lines if line.startswith("Lô")] == [
        "Lô | batches: employers published 1",
        "Lô | batches: employers rejected 1",
    ]
    assert [line.rpartition(": ")[2] for line in lines if line.startswith("Bị chặn")] == ["lý do 0"]
    builds = [line for line in lines if line.startswith("Dựng")]
    assert builds == ["Dựng | build 1: 90 s, xong | done", "Dựng | build 2: 90 s, lỗi | failed"]
