"""Scripted gateways of several offices, and the oracle: what was sent is compared with what the warehouse holds.

The oracle reads core, quarantine and the landing store itself; of the ledger it takes only which batch a delivery is.
"""

import hashlib
import json
import math
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import psycopg
from labour_market.gateway import Sender
from labour_market.ingestion.loading import LoadReport
from labour_market.ingestion.pipeline import ingest
from labour_market.ingestion.reconcile import reconcile
from psycopg import sql
from simulator.area import read_districts
from simulator.files import CSV, JSON, fill_in, json_lines, write_csv

from tests.unit.test_gateway import TOKEN, Answer, Handler, Script

DISTRICTS = ("794", "795", "796", "797", "798", "799", "800", "801", "802", "803", "804", "805")
DAY = "2023-06-14"
MONTH = "2023-06"
TITLES = ("Công nhân may", "Thợ hàn", "Lái xe nâng", "Kế toán kho", "Bảo vệ", "Phụ bếp")
Record = dict[str, Any]
FINAL = {"published", "superseded", "rejected", "quarantined"}


# ---- clean records, and the values of them that are compared


def orders(rng: random.Random, count: int, *, first: int = 1, day: str = DAY) -> list[Record]:
    """Job orders without a fault."""
    found = []
    for number in range(first, first + count):
        openings = rng.randrange(2, 60)
        found.append({
            "order_no": f"VL{number:05d}", "employer_no": "00001", "title": rng.choice(TITLES), "occupation_code": None,
            "openings": openings, "openings_female": rng.randrange(openings), "wage_min_vnd": 6_000_000 + 100_000 * rng.randrange(10),
            "wage_max_vnd": 9_000_000, "wage_text": "7-9 triệu", "contract_type": "fixed_12_36m", "work_time": "full_time",
            "education_level": "lower_secondary", "qualification": "none", "commune_code": None, "priority_groups": ["poor"],
            "posted_on": day, "deadline": None, "closed_on": None, "close_reason": None,
        })  # fmt: skip
    return found


@cache
def communes(district: str) -> list[str]:
    """The codes of the communes of a district in June 2023."""
    return [commune.code for commune in read_districts()[district].communes]


def employers(rng: random.Random, district: str, count: int, *, first: int = 1) -> list[Record]:
    """Employers of a district without a fault."""
    found = []
    for number in range(first, first + count):
        headcount = rng.randrange(100, 200)
        found.append({
            "employer_no": f"{number:05d}", "tax_code": None, "name": f"Cơ sở {rng.choice(TITLES)} {number}", "employer_type": "private",
            "vsic_code": "1410", "size_band": "100-199", "headcount": headcount, "headcount_female": rng.randrange(headcount),
            "commune_code": rng.choice(communes(district)), "industrial_zone": None, "contact_name": None, "contact_phone": None,
            "contact_email": None, "planned_hires_6m": 12, "surveyed_on": "2023-06-02",
            "demand_grid": [{"vsco2": "81", "quantity": 12, "quantity_female": 5}],
        })  # fmt: skip
    return found


# of each feed: the number of a record, and the columns that are compared
COLUMNS = {
    "job_orders": ("order_no", "title", "openings", "openings_female", "wage_min_vnd", "posted_on"),
    "employers": ("employer_no", "name", "headcount", "headcount_female", "commune_code", "surveyed_on"),
}


def values(feed: str, record: Record) -> tuple[str, ...]:
    """The compared values of a record, as text."""
    return tuple(str(record[name]) for name in COLUMNS[feed][1:])


def form(feed: str, district: str, records: list[Record], encoding: str = "utf-8", *, bare: bool = True) -> bytes:
    """The records as a CSV of the layout csv-a (bare), or csv-b."""
    of = read_districts()[district]
    return write_csv(fill_in(feed, f"TT01-2022/csv-{'a' if bare else 'b'}", records, of), feed, of, encoding, bare=bare)


# ---- the gateways


@dataclass(frozen=True)
class Sent:
    """A delivery as it was announced, and what it holds."""

    announcement: Record
    content: bytes
    records: list[Record]

    @property
    def sender(self) -> str:
        return str(self.announcement["sender_code"])

    @property
    def feed(self) -> str:
        return str(self.announcement["feed"])


@dataclass
class Offices:
    """The gateways of several offices on one server, and everything that they have sent."""

    page_size: int = 1_000
    sent: dict[str, Sent] = field(default_factory=dict)
    faults: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    permanent: set[tuple[str, str]] = field(default_factory=set)
    pages: dict[tuple[str, str], Callable[[list[Any]], list[Any]]] = field(default_factory=dict)
    requests: list[tuple[str, str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.script = Script(self._answer)
        threading.Thread(target=self.script.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.script.shutdown()
        self.script.server_close()

    def senders(self, codes: Iterable[str], *feeds: str) -> list[Sender]:
        url = f"http://127.0.0.1:{self.script.server_port}"
        return [Sender(code, code, f"{url}/{code}", TOKEN, feeds or ("job_orders",)) for code in codes]

    def announce(self, sender: str, feed: str, period: str, records: list[Record], content: bytes | None = None, **declared: Any) -> Sent:
        """Announce records as JSON, or content as a file. declared: what the announcement has otherwise."""
        announcement = {
            "delivery_id": f"{sender}-{feed}-{len(self.sent) + 1}", "feed": feed, "sender_code": sender, "period": period, "sequence": 1,
            "supersedes": None, "status": "final", "form_version": None, "media_type": JSON, "encoding": None,
            "record_count": len(records), "declared_totals": {}, "created_at": f"{DAY}T16:00:00+07:00",
        }  # fmt: skip
        if content is not None:
            announcement |= {"media_type": CSV, "form_version": "TT01-2022/csv-a"}
        content = json_lines(records) if content is None else content
        announcement |= {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), **declared}
        sent = Sent(announcement, content, records)
        self.sent[announcement["delivery_id"]] = sent
        return sent

    def spoil(self, sender: str, part: str, *answers: Answer, permanent: bool = False) -> None:
        """Let a gateway answer in another way.

        part: deliveries (the list), records, file, or the id of a delivery. permanent: the last answer again and again.
        """
        self.faults[sender, part] = list(answers)
        (self.permanent.add if permanent else self.permanent.discard)((sender, part))

    def repair(self) -> None:
        """Let every gateway answer as it should."""
        self.faults.clear()
        self.permanent.clear()
        self.pages.clear()

    def good(self, handler: Handler) -> tuple[bytes, str]:
        """The right answer to a request: its body and its media type."""
        split = urlsplit(handler.path)
        query = dict(parse_qsl(split.query))
        cursor = int(query.get("cursor", 0))
        _, sender, _, _, *rest = split.path.split("/")
        if not rest:
            found: list[Any] = [s.announcement for s in self.sent.values() if (s.sender, s.feed) == (sender, query["feed"])]
            return self._page("items", found, cursor, self.pages.get((sender, "deliveries"))), JSON
        sent = self.sent[rest[0]]
        if rest[1] == "file":
            return sent.content, str(sent.announcement["media_type"])
        rows = [json.loads(line) for line in sent.content.splitlines()]
        return self._page("records", rows, cursor, self.pages.get((sender, rest[0]))), JSON

    def _page(self, member: str, rows: list[Any], number: int, change: Callable[[list[Any]], list[Any]] | None) -> bytes:
        pages = [rows[start : start + self.page_size] for start in range(0, len(rows), self.page_size)] or [[]]
        pages = change(pages) if change else pages
        following = str(number + 1) if number + 1 < len(pages) else None
        return json.dumps({member: pages[number], "next_cursor": following}, ensure_ascii=False).encode()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        handler = cast(Handler, handler)
        _, sender, _, _, *rest = handler.path.partition("?")[0].split("/")
        part = rest[1] if rest else "deliveries"
        self.requests.append((sender, part, time.monotonic()))
        for key in ((sender, rest[0] if rest else ""), (sender, part)):
            waiting = self.faults.get(key)
            if waiting:
                answer = waiting[0] if key in self.permanent and len(waiting) == 1 else waiting.pop(0)
                answer(handler)
                return
        content, kind = self.good(handler)
        handler.give(content, kind)

    # -- answers that are the right one, spoilt

    def cut_short(self, rng: random.Random, how: str) -> Answer:
        """The right answer, of which only a part arrives: length (Content-Length), chunked, or gzip."""

        def answer(handler: Handler) -> None:
            import gzip

            content, kind = self.good(handler)
            part = content[: rng.randrange(len(content))]
            handler.send_response(200)
            handler.send_header("Content-Type", kind)
            if how == "length":
                handler.send_header("Content-Length", str(len(content)))
            elif how == "chunked":
                handler.send_header("Transfer-Encoding", "chunked")
                part = b"%x\r\n%s\r\n" % (len(part), part) if part else b""
            else:
                packed = gzip.compress(content)
                part = packed[: rng.randrange(len(packed) * 3 // 4)]  # its last bytes are a sum, and no part of the content
                handler.send_header("Content-Encoding", "gzip")
                handler.send_header("Content-Length", str(len(part)))
            handler.end_headers()
            handler.wfile.write(part)
            handler.break_off()

        return answer

    def slow(self, how: str) -> Answer:
        """The right answer, which takes for ever: silence, headers, stall (in the body), or drip (a byte now and then)."""

        def answer(handler: Handler) -> None:
            content, kind = self.good(handler)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            if how == "silence":
                time.sleep(15)
            elif how == "stall":
                handler.wfile.write(head + content[: len(content) // 2])
                handler.wfile.flush()
                time.sleep(15)
            else:
                slowly = head + content if how == "headers" else content
                handler.wfile.write(b"" if how == "headers" else head)
                for place in range(150):
                    handler.wfile.write(slowly[place : place + 1])
                    handler.wfile.flush()
                    time.sleep(0.1)
            handler.break_off()

        return answer


@contextmanager
def served() -> Iterator[Offices]:
    """Offices, for as long as a test runs."""
    offices = Offices()
    try:
        yield offices
    finally:
        offices.close()


def night(senders: Iterable[Sender], *feeds: str, within: float = math.inf) -> tuple[list[LoadReport], list[str]]:
    """One night: pull and load. An internal error in it is a violation of any fault. within: seconds for the pulls of all senders."""
    pulled: list[float] = []  # the lines of a night begin when every sender has been requested
    started = time.monotonic()
    reports, unreachable = ingest(list(senders), feeds or ("job_orders",), progress=lambda _: pulled.append(time.monotonic()))
    assert pulled[0] - started < within, "a sender uses the time of the others"
    assert [sentence for report in reports for sentence in report.sentences] == []
    assert not [sentence for sentence in unreachable if "internal error" in sentence], unreachable
    return reports, unreachable


# ---- the oracle

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


def expected(*deliveries: Sent) -> dict[Key, tuple[str, ...]]:
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


def skewed(rng: random.Random, hours: float, moment: datetime | None = None) -> str:
    """A moment as a clock that is wrong by some hours writes it, in UTC or in the zone of the province."""
    moment = moment or datetime.fromisoformat(f"{DAY}T16:00:00+07:00")
    wrong = datetime.fromtimestamp(moment.timestamp() + hours * 3600, rng.choice([UTC, moment.tzinfo]))
    return wrong.isoformat()
