"""Faults of a sender's gateway, from its name and its list of deliveries to the last byte of a file."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import psycopg
from labour_market.gateway import client as client_module
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.refusal import refuse_batch
from simulator.files import CSV, JSON

from tests.faults import fault
from tests.faults.offices import DAY, DISTRICTS, MONTH, Announced, Offices, employers, form, night, orders, skewed
from tests.faults.oracle import (
    check_failure_is_kept,
    check_nothing_is_lost,
    check_nothing_is_silent,
    check_others,
    check_second_night,
    current,
    expected,
    states,
)
from tests.unit.test_gateway import TOKEN, Answer, body, endless_list, failing, page

LOGIN = body(b"<!doctype html><html>login</html>", "text/html")


def three(offices: Offices, rng: random.Random, *, as_file: bool | None = None) -> tuple[str, list[Announced]]:
    """One delivery of job orders of each of three districts; the first of them, in random order, is the one with the fault."""
    codes = rng.sample(DISTRICTS, 3)
    sent = []
    for code in codes:
        records = orders(rng, rng.randrange(3, 9))
        is_file = rng.random() < 0.5 if as_file is None else as_file
        sent.append(offices.announce(code, "job_orders", DAY, records, form("job_orders", code, records) if is_file else None))
    return codes[0], sent


def part_of(rng: random.Random, sent: Announced) -> str:
    """A place where a gateway can fail: the list of deliveries, or the content of one."""
    return rng.choice(["deliveries", sent.announcement["delivery_id"]])


def check_converged(loader: psycopg.Connection, offices: Offices, feed: str = "job_orders") -> None:
    """P1, P2, P4, P6: everything that was sent is published, is there once, and stays as it is."""
    offices.repair()
    senders = offices.senders(sorted({sent.sender for sent in offices.sent.values()}), feed)
    night(senders, feed)
    assert set(states(loader).values()) == {"published"}
    assert current(loader, feed) == expected(*offices.sent.values())
    for sender in senders:
        check_failure_is_kept(loader, sender.code, failing=False, feed=feed)
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
    check_second_night(loader, senders, feed)


@fault("a gateway answers 500, 502 or 503 for a moment, or for a night", promises="P1 P2 P4 P6")
def test_a_gateway_that_fails_with_a_server_error(seed: int, offices: Offices, loader) -> None:
    """Fewer failures than tries: nothing is seen of them. More: the sender was not reached, and the next night gets everything."""
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    for_a_night = bool(seed % 2)
    answers = [failing(rng.choice([500, 502, 503, 504])) for _ in range(3 if for_a_night else 2)]
    part = part_of(rng, sent[0])
    offices.spoil(bad, part, *answers, permanent=for_a_night)
    _, unreachable = night(offices.senders(s.sender for s in sent))
    assert [sentence.split(":")[0] for sentence in unreachable] == ([f"job_orders {bad}"] if for_a_night else [])
    check_failure_is_kept(loader, bad, failing=for_a_night)
    check_others(loader, offices, bad)
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader, waiting=[sent[0].announcement["delivery_id"]] if for_a_night and part != "deliveries" else [])
    check_converged(loader, offices)


@fault("a gateway answers 429 with Retry-After, as seconds, as a date, or absurd", promises="P1 P4 P6")
def test_a_gateway_that_asks_to_wait(seed: int, offices: Offices, loader, monkeypatch) -> None:
    """A wait that fits is kept; one beyond the time of the sender ends at once, and holds up nobody."""
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    fits = bool(seed % 2)
    seconds = rng.choice(["3600", "999999999999", format_datetime(datetime.now().astimezone() + timedelta(hours=48))])
    monkeypatch.setenv("LMW_SENDER_SECONDS", "20")
    wait = "1" if fits else seconds
    offices.spoil(bad, part_of(rng, sent[0]), failing(rng.choice([429, 503]), Retry_After=wait), permanent=not fits)
    _, unreachable = night(offices.senders(s.sender for s in sent), within=12)
    assert bool(unreachable) != fits
    times = [at for sender, _, at in offices.requests if sender == bad]
    assert max(b - a for a, b in pairwise(times)) >= 1 if fits else len(times) <= 2, "it waits as it was asked, or not at all"
    check_failure_is_kept(loader, bad, failing=not fits)
    check_others(loader, offices, bad)
    check_converged(loader, offices)


@fault("a gateway whose clock is wrong asks to wait until a moment of that clock", promises="P1 P4 P6")
def test_a_wait_by_a_wrong_clock(seed: int, offices: Offices, loader, monkeypatch) -> None:
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    monkeypatch.setenv("LMW_SENDER_SECONDS", "20")
    there = datetime.now(UTC) + timedelta(hours=rng.choice([-48, 48]) * rng.uniform(0.5, 1))
    date, until = (format_datetime(moment, usegmt=True) for moment in (there, there + timedelta(seconds=2)))
    head = f"HTTP/1.1 503 Busy\r\nDate: {date}\r\nRetry-After: {until}\r\nContent-Length: 0\r\n\r\n".encode()
    offices.spoil(bad, part_of(rng, sent[0]), lambda handler: handler.wfile.write(head) and None)
    _, unreachable = night(offices.senders(s.sender for s in sent))
    assert unreachable == []
    times = [at for sender, _, at in offices.requests if sender == bad]
    assert max(b - a for a, b in pairwise(times)) >= 1
    assert current(loader) == expected(*sent)
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)


@fault("a gateway refuses connections, or its name is not found", promises="P1 P4 P6")
def test_a_gateway_that_is_not_there(seed: int, offices: Offices, loader) -> None:
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    address = ["http://127.0.0.1:9", "https://no-such-gateway.invalid", "https://127.0.0.1:9", "https://[::1]:9"][seed % 4]
    senders = [
        replace(sender, base_url=f"{address}/{bad}") if sender.code == bad else sender for sender in offices.senders(s.sender for s in sent)
    ]
    rng.shuffle(senders)
    _, unreachable = night(senders)
    assert [sentence.split(":")[0] for sentence in unreachable] == [f"job_orders {bad}"]
    check_failure_is_kept(loader, bad, failing=True)
    check_others(loader, offices, bad)
    check_converged(loader, offices)


@fault("a gateway is silent, sends its headers or its body one byte now and then, or stops in the body", promises="P1 P4 P6")
def test_a_gateway_that_does_not_end(seed: int, offices: Offices, loader, monkeypatch) -> None:
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    how = ["silence", "headers", "stall", "drip"][seed % 4]
    monkeypatch.setenv("LMW_SENDER_SECONDS", "4")
    offices.spoil(bad, part_of(rng, sent[0]), offices.slow(how), permanent=True)
    _, unreachable = night(offices.senders(s.sender for s in sent), within=12)
    assert [sentence.split(":")[0] for sentence in unreachable] == [f"job_orders {bad}"]
    check_failure_is_kept(loader, bad, failing=True)
    check_others(loader, offices, bad)
    check_nothing_is_lost(loader, offices)
    monkeypatch.setenv("LMW_SENDER_SECONDS", "60")
    check_converged(loader, offices)


@fault("a body is cut short: by its length, in its chunks, or in its gzip", promises="P1 P2 P4 P6")
def test_a_body_that_is_cut_short(seed: int, offices: Offices, loader) -> None:
    """A cut that happens once is not seen; one that always happens leaves nothing behind that counts as arrived."""
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    how = ["length", "chunked", "gzip"][seed % 3]
    always, part = rng.random() < 0.5, part_of(rng, sent[0])
    offices.spoil(bad, part, offices.cut_short(rng, how), permanent=always)
    night(offices.senders(s.sender for s in sent))
    refused = how == "gzip" and part != "deliveries" and sent[0].announcement["media_type"] == CSV  # no file is requested compressed
    check_failure_is_kept(loader, bad, failing=always or refused)
    check_others(loader, offices, bad)
    check_nothing_is_lost(loader, offices)
    assert bool([key for key in current(loader) if key[0] == bad]) != (always or refused), "a part of a delivery is no delivery"
    check_converged(loader, offices)


@fault("a list or a content is a web page, empty, null, [] or a page without its members", promises="P1 P4 P6")
def test_an_answer_of_another_shape(seed: int, offices: Offices, loader) -> None:
    """No such answer is an empty list, and none empties a partition that was published before."""
    rng = random.Random(seed)
    bad, sent = three(offices, rng, as_file=False)
    senders = offices.senders(s.sender for s in sent)
    night(senders)
    before = current(loader)
    second = offices.announce(bad, "job_orders", "2023-06-15", orders(rng, 3, first=50), created_at="2023-06-15T16:00:00+07:00")
    shapes = [b"", b"null", b"[]", b"{}", b'{"items": null, "records": null, "next_cursor": null}', b'""', b"0", b"\xef\xbb\xbf[]"]
    answer = LOGIN if seed % 3 == 0 else body(rng.choice(shapes), JSON)
    offices.spoil(bad, part_of(rng, second), answer, permanent=True)
    _, unreachable = night(senders)
    assert [sentence.split(":")[0] for sentence in unreachable] == [f"job_orders {bad}"]
    assert current(loader) == before
    check_failure_is_kept(loader, bad, failing=True)
    check_nothing_is_lost(loader, offices)
    check_converged(loader, offices)


def _other_order(rng: random.Random) -> Callable[[list[Any]], list[Any]]:
    """A fault of pages: in another order, one missing, one twice, one of another size, or the total changed while it was read."""
    kind = rng.choice(["order", "missing", "twice", "size", "total"])

    def change(pages: list[Any]) -> list[Any]:
        place = rng.randrange(len(pages))
        if kind == "order":
            return [*pages[1:], pages[0]]
        if kind == "missing":
            return [*pages[:place], *pages[place + 1 :]]
        if kind == "twice":
            return [*pages[: place + 1], *pages[place:]]
        if kind == "size":
            return [*pages[:place], pages[place][:-1], *pages[place + 1 :]]
        return [*pages[:-1], [*pages[-1], {**pages[-1][-1], "order_no": "VL99999"}]]

    fixed: list[list[Any]] = []  # the same fault for each page of one reading, and for the second try

    def once(pages: list[Any]) -> list[Any]:
        if not fixed:
            fixed.append(change(pages))
        return fixed[0]

    return once


@fault("pages of records come in another order, twice, not at all, or of another size or total", promises="P1 P2 P4 P6")
def test_pages_of_records_that_are_not_the_announced_ones(seed: int, offices: Offices, loader) -> None:
    """Nothing of such a delivery is published, the next night fetches it again, and a fault that passes leaves no trace in core."""
    rng = random.Random(seed)
    offices.page_size = rng.randrange(2, 4)
    bad, sent = three(offices, rng, as_file=False)
    offices.sent.clear()
    sent = [offices.announce(s.sender, "job_orders", DAY, orders(rng, 7)) for s in sent]
    offices.pages[bad, sent[0].announcement["delivery_id"]] = _other_order(rng)
    uneven = rng.choice([lambda pages: [*pages[:1], [], *pages[1:]], lambda pages: [[*pages[0], *pages[1]], *pages[2:]]])
    offices.pages[sent[1].sender, sent[1].announcement["delivery_id"]] = uneven  # pages of other sizes are no fault
    night(offices.senders(s.sender for s in sent))
    assert states(loader)[sent[0].announcement["delivery_id"]] == "rejected"
    check_others(loader, offices, bad)
    assert not [key for key in current(loader) if key[0] == bad]
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
    check_converged(loader, offices)


@fault("pages of the list come in another order, twice, or not at all", promises="P1 P2 P4")
def test_pages_of_a_list_that_are_not_in_order(seed: int, offices: Offices, loader) -> None:
    """What a list did not show is fetched when it does; what it shows twice is one delivery; a period is never loaded with an older one."""
    rng = random.Random(seed)
    offices.page_size = 2
    bad = rng.choice(DISTRICTS)
    days = [f"2023-06-{day:02d}" for day in range(1, 8)]
    for number, day in enumerate(days):
        records = orders(rng, 2, first=1 + number, day=day)  # each day corrects an order of the day before
        offices.announce(bad, "job_orders", day, records, created_at=f"{day}T16:00:00+07:00")
    kind = ["order", "twice", "missing"][seed % 3]
    changes: dict[str, Callable[[list[Any]], list[Any]]] = {
        "order": lambda pages: pages[::-1],
        "twice": lambda pages: [pages[0], *pages],
        "missing": lambda pages: [*pages[:1], *pages[2:]],
    }
    offices.pages[bad, "deliveries"] = changes[kind]
    _, unreachable = night(offices.senders([bad]))
    loaded = sum(state == "published" for state in states(loader).values())
    assert loaded == {"order": 7, "twice": 0, "missing": 5}[kind] and bool(unreachable) == (kind == "twice")
    check_failure_is_kept(loader, bad, failing=kind == "twice")
    check_nothing_is_lost(loader, offices)
    check_converged(loader, offices)


@fault("a gateway does not heed the feed that is requested, and lists all of its deliveries", promises="P1 P2 P4 P6")
def test_a_list_with_the_deliveries_of_all_feeds(seed: int, offices: Offices, loader) -> None:
    """Each delivery is loaded once, as its own feed; the list is a finding until it is right."""
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    firms = [offices.announce(s.sender, "employers", MONTH, employers(rng, s.sender, 3)) for s in sent]
    everything = [s.announcement for s in offices.sent.values() if s.sender == bad]
    offices.spoil(bad, "deliveries", page("items", rng.sample(everything, 2)), permanent=True)
    feeds = rng.sample(["employers", "job_orders"], 2)
    senders = offices.senders((s.sender for s in sent), *feeds)
    _, unreachable = night(senders, *feeds)
    assert unreachable == []
    assert current(loader) == expected(*sent)
    assert current(loader, "employers") == expected(*firms)
    assert sorted((f.kind, f.feed, f.sender_code) for f in reconcile().findings) == [
        ("other_feed_listed", "employers", bad),
        ("other_feed_listed", "job_orders", bad),
    ]
    check_nothing_is_lost(loader, offices)
    offices.repair()
    check_second_night(loader, senders, *feeds)
    check_nothing_is_silent(loader)
    assert reconcile().findings == []


@fault("hundreds of announcements of one gateway cannot be read", promises="P1 P4 P6")
def test_a_list_with_hundreds_of_faults(seed: int, offices: Offices, loader) -> None:
    """They fill no page and no alert: some are listed, and one sentence says that there are more. What can be read is loaded."""
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    count = rng.choice([300, 600])
    fault_of = rng.choice([{"record_count": "3"}, {"sha256": None}, {"period": "2023-13"}, {"created_at": "hôm qua"}])
    wrong = [{**sent[0].announcement, "delivery_id": f"wrong-{n}", **fault_of} for n in range(count)]
    listed = [*wrong, sent[0].announcement, {**wrong[0], "delivery_id": "wrong-x"}]
    rng.shuffle(listed)
    offices.spoil(bad, "deliveries", page("items", listed), permanent=True)
    senders = offices.senders(s.sender for s in sent)
    for _ in range(2):
        night(senders)
        found = reconcile().findings
        assert {f.sender_code for f in found} == {bad} and 2 <= len(found) <= 30
        assert [f for f in found if "more than" in f.detail], "it is said that there are more"
        rng.shuffle(listed)
    assert current(loader) == expected(*sent)
    check_nothing_is_lost(loader, offices)
    notes = loader.execute("select count(*) from ops.reconcile_finding").fetchone()
    assert notes == (len(found),), "the same findings each night, whatever the order of the list"
    offices.repair()
    night(senders)
    assert reconcile().findings == []


@fault("a list of deliveries never ends", promises="P4 P6")
def test_a_list_that_never_ends(seed: int, offices: Offices, loader, monkeypatch) -> None:
    """It is cut by its number, its bytes, its cursors or the time of its sender; nothing of it is taken for the list."""
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    kind = ["number", "bytes", "cursor", "time"][seed % 4]
    if kind == "number":
        monkeypatch.setattr(client_module, "MAX_ANNOUNCEMENTS", 200)
    elif kind == "bytes":
        monkeypatch.setattr(client_module, "MAX_LIST_BYTES", 500_000)
    monkeypatch.setenv("LMW_SENDER_SECONDS", "4")
    same = page("items", [sent[0].announcement], "again")
    offices.spoil(bad, "deliveries", same if kind == "cursor" else endless_list(size=rng.randrange(3_000)), permanent=True)
    _, unreachable = night(offices.senders(s.sender for s in sent), within=12)
    assert [sentence.split(":")[0] for sentence in unreachable] == [f"job_orders {bad}"]
    check_failure_is_kept(loader, bad, failing=True)
    assert not [delivery for delivery in states(loader) if delivery not in offices.sent]
    check_others(loader, offices, bad)
    monkeypatch.setenv("LMW_SENDER_SECONDS", "60")
    check_converged(loader, offices)


@fault("the token of a sender is not set, is wrong, or cannot be in a header", promises="P1 P4 P6 P8")
def test_a_token_that_is_not_right(seed: int, offices: Offices, loader, monkeypatch, caplog) -> None:
    rng = random.Random(seed)
    caplog.set_level("DEBUG")
    bad, sent = three(offices, rng)
    secret = "canary-of-a-token"
    monkeypatch.setenv("LMW_TEST_TOKEN", secret + "\n" if seed % 4 == 2 else "")
    token = ["env:LMW_NO_SUCH_TOKEN", "env:LMW_TEST_TOKEN", "env:LMW_TEST_TOKEN", secret][seed % 4]
    if seed % 4 == 3:
        offices.spoil(bad, "deliveries", failing(rng.choice([401, 403])), permanent=True)
    senders = [replace(sender, token=token) if sender.code == bad else sender for sender in offices.senders(s.sender for s in sent)]
    rng.shuffle(senders)
    _, unreachable = night(senders)
    assert [sentence.split(":")[0] for sentence in unreachable] == [f"job_orders {bad}"]
    check_failure_is_kept(loader, bad, failing=True)
    check_others(loader, offices, bad)
    kept = str(loader.execute("select to_jsonb(r) from ops.gateway_request as r").fetchall())
    assert not [s for s in (secret, TOKEN) if s in caplog.text + kept + str(unreachable)]
    check_converged(loader, offices)


@fault("a delivery always answers with a login page", promises="P1 P4 P6")
def test_a_delivery_that_is_always_a_login_page(seed: int, offices: Offices, loader) -> None:
    """The other deliveries of the sender come; after three nights it is a finding with a remedy. It ends when the delivery comes, or
    when the sender does as the remedy says and a person rejects the batch."""
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    offices.announce(bad, "job_orders", "2023-06-13", orders(rng, 4, first=40, day="2023-06-13"), created_at="2023-06-13T16:00:00+07:00")
    delivery = sent[0].announcement["delivery_id"]
    offices.spoil(bad, delivery, LOGIN, permanent=True)
    senders = offices.senders(s.sender for s in sent)
    for number in range(1, 4):
        nights_pass(loader, 1)
        night(senders)
        found = [(f.kind, f.sender_code) for f in reconcile().findings]
        assert found == ([("not_fetched", bad)] if number == 3 else [])
    assert {d: s for d, s in states(loader).items() if s != "published"} == {delivery: "discovered"}
    check_others(loader, offices, bad)
    check_nothing_is_lost(loader, offices)
    if seed % 2 == 0:
        check_converged(loader, offices)
    else:
        offices.repair()
        withdrawn = offices.sent.pop(delivery)
        as_file = withdrawn.content if withdrawn.announcement["form_version"] else None
        offices.announce(bad, "job_orders", DAY, withdrawn.records, as_file, delivery_id="new-id")
        night(senders)
        nights_pass(loader, 3)
        (finding,) = reconcile().findings
        assert finding.kind == "not_fetched" and finding.batch_id
        refuse_batch(finding.batch_id, because="huyện đã gửi lại", by="Lan")
        assert current(loader) == expected(*offices.sent.values())
        offices.sent[delivery] = withdrawn
        check_nothing_is_lost(loader, offices)
        check_nothing_is_silent(loader)
    assert reconcile().findings == []


def nights_pass(loader: psycopg.Connection, days: int) -> None:
    """Everything so far happened some days earlier."""
    loader.execute("update ops.batch_event set at = at - make_interval(days => %s)", [days])
    loader.execute("update ops.batch set discovered_at = discovered_at - make_interval(days => %s)", [days])


@fault("a delivery is announced, cannot be fetched, and is not listed any more", promises="P1 P4 P6")
def test_a_delivery_that_is_not_listed_any_more(seed: int, offices: Offices, loader) -> None:
    """It is a finding until it is there again, or until a person rejects its batch: what was announced is never forgotten."""
    rng = random.Random(seed)
    bad, sent = three(offices, rng)
    delivery = sent[0].announcement["delivery_id"]
    offices.spoil(bad, delivery, rng.choice([failing(503), LOGIN, offices.cut_short(rng, "length")]), permanent=True)
    senders = offices.senders(s.sender for s in sent)
    for _ in range(nights := rng.randrange(1, 3)):
        night(senders)
        nights_pass(loader, 1)
    offices.repair()
    listed = offices.sent.pop(delivery)
    if seed % 3 == 0:  # also when the sender is not requested any more
        senders = [sender for sender in senders if sender.code != bad]
    night(senders)
    nights_pass(loader, 3 - nights)
    night(senders)
    (batch,) = loader.execute("select batch_id from ops.batch where delivery_id = %s", [delivery]).fetchone()
    assert [(f.kind, f.batch_id) for f in reconcile().findings] == [("stuck", batch)]
    check_others(loader, offices, bad)
    offices.sent[delivery] = listed
    if seed % 2:
        refuse_batch(batch, because="huyện đã rút lần gửi", by="Lan")
        assert states(loader)[delivery] == "rejected"
        check_nothing_is_lost(loader, offices)
        check_nothing_is_silent(loader)
    else:
        check_converged(loader, offices)
    assert reconcile().findings == []


@fault("one of twelve senders fails for three days and recovers", promises="P1 P2 P4 P5 P6")
def test_one_sender_of_twelve_fails_for_three_days(seed: int, offices: Offices, loader) -> None:
    """Each day the others are up to date; on the fourth day the one catches up, with everything in its order."""
    rng = random.Random(seed)
    bad = rng.choice(DISTRICTS)
    senders = offices.senders(DISTRICTS)
    answers: list[Answer] = [failing(500), failing(401), LOGIN, body(b"[]", JSON), offices.cut_short(rng, "length")]
    for day in range(12, 16):
        for code in rng.sample(DISTRICTS, len(DISTRICTS)):
            records = orders(rng, 3, first=rng.randrange(1, 4), day=f"2023-06-{day}")
            content = form("job_orders", code, records) if rng.random() < 0.3 else None
            offices.announce(code, "job_orders", f"2023-06-{day}", records, content, created_at=f"2023-06-{day}T16:00:00+07:00")
        offices.repair()
        if day < 15:
            offices.spoil(bad, "deliveries", rng.choice(answers), permanent=True)
        _, unreachable = night(rng.sample(senders, len(senders)))
        assert [sentence.split(":")[0] for sentence in unreachable] == ([f"job_orders {bad}"] if day < 15 else [])
        check_failure_is_kept(loader, bad, failing=day < 15)
        check_others(loader, offices, bad)
    check_converged(loader, offices)


@fault("a sender's clock is wrong by up to 48 hours, or in another time zone, also at the end of a period", promises="P1 P4 P5 P6")
def test_a_clock_that_is_wrong(seed: int, offices: Offices, loader) -> None:
    """The sequence decides which delivery is the latest, and the period is the announced one, whatever the clock says."""
    rng = random.Random(seed)
    bad, other = rng.sample(DISTRICTS, 2)
    edge = rng.choice(
        ["2023-06-30T23:59:59.999+07:00", "2023-07-01T00:00:00+07:00", "2024-02-29T12:00:00+07:00", "2023-06-14T16:00:00+07:00"]
    )
    moment = datetime.fromisoformat(edge)
    hours = sorted((rng.uniform(0, 48) for _ in range(3)), reverse=True)  # each correction seems to be older than what it corrects
    last = []
    for sequence, ahead in enumerate(hours, 1):
        records = employers(rng, bad, 4 - sequence)
        last = [offices.announce(bad, "employers", MONTH, records, sequence=sequence, created_at=skewed(rng, ahead, moment))]
    offices.announce(other, "employers", MONTH, employers(rng, other, 3), created_at=edge)
    senders = offices.senders([bad, other], "employers")
    if seed % 2:  # in one night, or in one night each
        night(senders, "employers")
    else:
        held, offices.sent = dict(offices.sent), {}
        for delivery, sent in held.items():
            offices.sent[delivery] = sent
            night(senders, "employers")
    check_others(loader, offices, bad, feed="employers")
    found = {key: value for key, value in current(loader, "employers").items() if key[0] == bad}
    assert found == expected(*last)
    assert loader.execute("select distinct period from core.employers").fetchall() == [(MONTH,)]
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
    check_second_night(loader, senders, "employers")


@fault("a delivery is made in the last or the first second of its day, in UTC or in the time of the province", promises="P1 P4 P5")
def test_the_edge_of_a_day(seed: int, offices: Offices, loader) -> None:
    """17:00 UTC begins the next day of the province: an order of that day is none of the future. A leap day is a day, and only then."""
    rng = random.Random(seed)
    code = rng.choice(DISTRICTS)
    day = rng.choice(["2023-06-15", "2024-02-29", "2023-03-01", "2023-01-01"])
    midnight = datetime.fromisoformat(f"{day}T00:00:00+07:00")
    inside = bool(seed % 2)
    moment = midnight + timedelta(milliseconds=rng.choice([0, 1]) if inside else -1)
    records = orders(rng, 3, day=day)
    records[1]["posted_on"] = (midnight - timedelta(days=1)).date().isoformat()
    sent = offices.announce(
        code, "job_orders", (midnight - timedelta(days=1)).date().isoformat(), records, created_at=skewed(rng, 0, moment)
    )
    wrong = offices.announce(code, "job_orders", "2023-02-29", orders(rng, 1, first=70, day="2023-02-28"))
    senders = offices.senders([code])
    night(senders)
    late = loader.execute("select row_no from quarantine.rejected_row where rule_id = 'job_orders.row.posted_by_now' order by 1").fetchall()
    published = {key: value for key, value in expected(sent).items() if inside or key[-1] == records[1]["order_no"]}
    assert wrong.announcement["delivery_id"] not in states(loader), "2023 has no 29 February"
    assert [f.kind for f in reconcile().findings] == ["announcement_unreadable"]
    assert (current(loader), late) in ((published, [] if inside else [(1,), (3,)]), ({}, []))
    if not inside and not late:  # most rows of the delivery are of the future: it is blocked
        assert states(loader) == {sent.announcement["delivery_id"]: "quarantined"}
    else:
        assert states(loader) == {sent.announcement["delivery_id"]: "published"}
        assert current(loader) == published
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
