"""Scripted gateways of several offices, and the steps of their nights: here every fault announces, pulls, loads and builds."""

import gzip
import hashlib
import json
import math
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest
from labour_market import transform
from labour_market.contracts import load_contract
from labour_market.database import access
from labour_market.gateway import Sender
from labour_market.ingestion.loading import LoadReport, load
from labour_market.ingestion.pipeline import ingest
from labour_market.ingestion.pulling import pull
from labour_market.quality import gate, suites
from psycopg import conninfo, sql
from simulator.area import read_districts
from simulator.files import CSV, JSON, fill_in, json_lines, write_csv

from tests.conftest import Server
from tests.faults import children
from tests.faults.sent import FEEDS, NOTHING, PERIODS, POOL, SENDERS, THIRD_SENDER, Content, Partition, Row, Sent, Truth
from tests.faults.watching import look
from tests.unit.test_gateway import TOKEN, Answer, Handler, Script

assert gate and suites  # a load imports them, which takes seconds: here once, before the children are forked

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
class Announced:
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
    sent: dict[str, Announced] = field(default_factory=dict)
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

    def announce(
        self, sender: str, feed: str, period: str, records: list[Record], content: bytes | None = None, **declared: Any
    ) -> Announced:
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
        sent = Announced(announcement, content, records)
        key = announcement["delivery_id"]
        self.sent[f"{key}, again" if key in self.sent else key] = sent  # an id that is used twice: both are listed
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
            found = [announcement for announcement in found if query.get("period") in (None, announcement["period"])]
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


def skewed(rng: random.Random, hours: float, moment: datetime | None = None) -> str:
    """A moment as a clock that is wrong by some hours writes it, in UTC or in the zone of the province."""
    moment = moment or datetime.fromisoformat(f"{DAY}T16:00:00+07:00")
    wrong = datetime.fromtimestamp(moment.timestamp() + hours * 3600, rng.choice([UTC, moment.tzinfo]))
    return wrong.isoformat()


# ---- a warehouse, and the nights of its offices


@pytest.fixture(scope="session")
def built(server: Server, clone: Callable[[], Any]) -> Iterator[str]:
    """The name of a database whose first build, which writes and tests every table, is done."""
    with clone() as dsn, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DSN", dsn)
        children.run(lambda: transform.build().sentence)
        yield str(conninfo.conninfo_to_dict(dsn)["dbname"])


@dataclass
class Office:
    """What was sent and what readers must see of it, with the steps of a night.

    Attributes:
        sent: every delivery, in the order of sending.
        pending: those that no undisturbed night has loaded since.
        truth: what readers must see when nothing is pending.
    """

    dsn: str
    folder: Path
    offices: Offices
    admin: psycopg.Connection
    sent: list[Sent] = field(default_factory=list)
    pending: list[Sent] = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)

    @property
    def senders(self) -> list[Sender]:
        """Those that a night asks."""
        return self.offices.senders(sorted({*SENDERS, *(sent.sender for sent in self.sent)}), *FEEDS)

    def send(self, sent: Sent, **declared: Any) -> Sent:
        """Announce a delivery; declared: what the announcement says otherwise."""
        records = sent.records()
        if sent.wrong_count:
            declared["record_count"] = len(records) + 1
        announced = self.offices.announce(
            sent.sender, sent.feed, sent.period, records,
            **{"delivery_id": f"{sent.sender}-{sent.feed}-{sent.number}", "sequence": sent.sequence, "created_at": sent.created_at}
            | declared,
        )  # fmt: skip
        sent = replace(sent, delivery_id=announced.announcement["delivery_id"])
        self.sent.append(sent)
        self.pending.append(sent)
        self.truth.history.setdefault(sent.partition, [NOTHING])
        return sent

    def make(self, feed: str, sender: str, period: str, sequence: int = 1, *, version: int = 1, withdrawn: int = 0, bad: int = 0) -> Sent:
        """A delivery of the sender's list without its first records, of which the first ones after them are bad."""
        numbers = range(1 + withdrawn, POOL + 1)
        rows = tuple(Row(number, version, place <= bad) for place, number in enumerate(numbers, 1))
        return Sent(len(self.sent) + 1, feed, sender, period, sequence, rows)

    def choose(self, seed: int, count: int = 3, feeds: tuple[str, ...] = ("labour_survey", "job_orders")) -> tuple[str, list[str]]:
        """A feed and some senders, by the seed."""
        return feeds[seed % len(feeds)], random.Random(seed).sample([*SENDERS, THIRD_SENDER], count)

    def land_correction(self, feed: str, senders: list[str]) -> None:
        """Publish a delivery of the first sender; then land a correction of it and a delivery of each other sender."""
        period = PERIODS[feed][0]
        self.send(self.make(feed, senders[0], period, withdrawn=4))  # so that the others bring new persons
        self.pull(feed)
        self.load(feed)
        self.send(self.make(feed, senders[0], period, 2, version=2, withdrawn=10))
        for sender in senders[1:]:
            self.send(self.make(feed, sender, period))
        self.pull(feed)

    def load(self, feed: str) -> None:
        """An undisturbed load, in this process, of all that was sent of a feed."""
        assert not load(feed).errors
        self.conclude(feed)

    def pull(self, feed: str, period: str | None = None) -> None:
        """Ask every sender."""
        for sender in self.senders:
            pull(feed, sender, period)

    def pull_and_load(self, feed: str) -> list[str]:
        """A night of a feed that a signal may end or an error spoil; to be called in a child. Returns the sentences of internal errors."""
        self.pull(feed)
        return load(feed).sentences

    def night(self, *feeds: str) -> None:
        """An undisturbed night of some feeds, by default of all."""
        feeds = feeds or FEEDS
        assert children.run(lambda: night(self.senders, *feeds)[1]) == [], "a sender was not reached"
        for feed in feeds:
            self.conclude(feed)

    def conclude(self, feed: str) -> None:
        """All that was sent of a feed is loaded."""
        self.truth = self.truth.path(sent for sent in self.pending if sent.feed == feed)
        self.pending = [sent for sent in self.pending if sent.feed != feed]

    def build(self) -> str:
        """An undisturbed build; returns its sentence."""
        return str(children.run(lambda: transform.build().sentence))

    def visible(self, *, in_marts: bool) -> dict[Partition, Content]:
        """What readers see now of each partition of which something was sent."""
        found = {name: content for feed in FEEDS for name, content in look(self.admin, feed, in_marts=in_marts).items()}
        assert found.keys() <= self.truth.history.keys()
        return {name: found.get(name, NOTHING) for name in self.truth.history}

    def expected(self) -> dict[Partition, Content]:
        """What they must see."""
        return {name: self.truth.current(name) for name in self.truth.history}

    def check(self, *, marts: bool = True) -> None:
        """Core, and after a build the facts, show the latest truth."""
        for in_marts in (False, True) if marts else (False,):
            visible, expected = self.visible(in_marts=in_marts), self.expected()
            wrong = [name for name in expected if visible[name] != expected[name]]
            assert not wrong, f"{'marts' if in_marts else 'core'} of {wrong}"

    def reconnect(self) -> None:
        """After the server was started again."""
        self.admin.close()
        self.admin = psycopg.connect(self.dsn, autocommit=True)

    def states(self) -> dict[str, str]:
        """The state of each delivery, by its id."""
        return dict(self.admin.execute("select delivery_id, state from ops.batch").fetchall())


@contextmanager
def opened(server: Server, template: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office on a database of its own, a copy of the template; the environment names it."""
    database = f"lmw_faults_{secrets.token_hex(4)}"
    with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template {}").format(sql.Identifier(database), sql.Identifier(template)))
    dsn = conninfo.make_conninfo(server.admin_dsn, dbname=database)
    with psycopg.connect(dsn) as admin:
        admin.execute(access.SCRIPT.read_bytes())  # the rights on a database are not copied with it
    patch.setenv("WAREHOUSE_DSN", dsn)
    patch.setenv("LMW_LANDING", str(folder / "landing"))
    with served() as offices:
        found = Office(dsn, folder, offices, psycopg.connect(dsn, autocommit=True))
        try:
            yield found
        finally:
            found.admin.close()
            load_contract.cache_clear()
    with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))


@pytest.fixture
def office(server: Server, built: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Offices without any delivery yet, and a warehouse whose first build is done."""
    with opened(server, built, tmp_path, monkeypatch) as found:
        yield found
