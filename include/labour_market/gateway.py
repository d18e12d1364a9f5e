"""The client of a district's data gateway: asks what was delivered, fetches it, and keeps only what is as announced.

A sender is a stranger: it may be away, slow, wrong, or not itself. What may pass with time raises GatewayUnavailable, and the
delivery is asked for again by a later pull; what is wrong with the delivery itself raises DeliveryRefused. Neither ever says a
token or a value of a record.
"""

import ipaddress
import json
import os
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import requests
import urllib3
import yaml
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator
from requests.adapters import HTTPAdapter

from labour_market.defects import DeliveryRefused
from labour_market.landing import Landed, LandingStore, WrongContent
from labour_market.parsing import JSON_LINES, MAX_DEPTH, MAX_RECORDS, nesting

__all__ = [
    "AnnouncementDefect",
    "Delivery",
    "DeliveryRefused",
    "GatewayClient",
    "GatewayUnavailable",
    "Sender",
    "load_senders",
]

T = TypeVar("T")

MAX_DELIVERY_BYTES = 2 * 2**30
MAX_PAGE_BYTES = 64 * 2**20
MAX_PAGES = 10_000
MAX_EMPTY_PAGES = 3
MAX_REDIRECTS = 3
MAX_RETRY_AFTER = 120.0
MAX_PAUSE = 20.0
CHUNK = 2**16
PROGRESS = 2**20  # a download that came this much further is not failing, however often it is cut
RECORDS_A_PAGE = 1_000
DELIVERIES_A_PAGE = 500
TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}


class GatewayUnavailable(Exception):
    """A gateway that cannot be used now. retry_after: the seconds that it asked for, where it did."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class _NestedError(Exception):
    """A page that is nested deeper than Python reads."""


class _TryAgainError(Exception):
    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


# ---- who sends


@dataclass(frozen=True)
class Sender:
    """One line of the senders file. token: a value, or env:NAME, which is looked up when a client is made."""

    code: str
    name: str
    base_url: str
    token: str = field(repr=False)
    feeds: tuple[str, ...]

    def bearer(self) -> str:
        """The token itself. Raises ValueError when its variable is not set, or it cannot stand in a header."""
        token, where = self.token, "the token"
        if token.startswith("env:"):
            where = f"the environment variable {token[4:]}"
            token = os.environ.get(token[4:], "")
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise ValueError(f"sender {self.code}: {where} is empty or holds what no header may hold")
        return token


_CODE = re.compile(r"\d{3}|[A-Z][A-Z0-9_]{1,15}")
_FEED = re.compile(r"[a-z][a-z0-9_]{0,40}")


def load_senders(path: str | Path) -> list[Sender]:
    """Read a senders file: `senders`, a list of code, name, base_url, token, feeds; `http_hosts`, the hosts beside this machine
    that may be asked without TLS (a network of one's own). Raises ValueError that names the sender and what is wrong."""
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:  # whose text quotes the line, and with it perhaps a token
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ValueError(f"{path}: line {line} is no YAML") from None
    if not isinstance(document, dict) or not isinstance(document.get("senders"), list) or not document["senders"]:
        raise ValueError(f"{path}: a senders file has a list named senders")
    http_hosts = document.get("http_hosts") or []
    senders = [_sender(entry, number, http_hosts) for number, entry in enumerate(document["senders"], 1)]
    codes = [sender.code for sender in senders]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise ValueError(f"{path}: sender {', '.join(twice)} stands twice")
    return senders


def _sender(entry: Any, number: int, http_hosts: list[str]) -> Sender:
    if not isinstance(entry, dict):
        raise ValueError(f"sender number {number}: not a mapping of code, name, base_url, token, feeds")
    code = entry.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise ValueError(f'sender number {number}: code must be text such as "794" or "SC", in quotes')
    for name in ("name", "base_url", "token"):
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            raise ValueError(f"sender {code}: {name} is missing")
    feeds = entry.get("feeds")
    if not isinstance(feeds, list) or not feeds or not all(isinstance(f, str) and _FEED.fullmatch(f) for f in feeds):
        raise ValueError(f"sender {code}: feeds must be a list of feed names")
    if problem := _url_problem(entry["base_url"], http_hosts):
        raise ValueError(f"sender {code}: base_url {problem}")
    return Sender(code, entry["name"].strip(), entry["base_url"].rstrip("/"), entry["token"].strip(), tuple(dict.fromkeys(feeds)))


def _url_problem(url: str, http_hosts: list[str]) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is no address"
    plain = parts.scheme == "http" and not _is_loopback(host) and host not in http_hosts
    problems = {
        "must begin with https://": parts.scheme not in ("http", "https"),
        "is no address": not host or re.search(r"[\s\x00-\x1f\\]", url) is not None,
        "must not hold a user name or password; the token is its own entry": "@" in parts.netloc,
        "must not have a query or a fragment": bool(parts.query or parts.fragment),
        "must begin with https://, unless its host is this machine or stands in http_hosts": plain,
    }
    return next((problem for problem, there in problems.items() if there), None)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# ---- what was announced


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a control character")
    return text


Total = (
    Annotated[int, Field(strict=True, gt=-(2**63), lt=2**63)]
    | Annotated[float, Field(strict=True, allow_inf_nan=False)]
    | Annotated[str, Field(max_length=200), AfterValidator(_plain)]
    | None
)


class Delivery(BaseModel):
    """One hand-over as its sender announced it; unknown members are left aside, a missing or odd one makes it unreadable."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    delivery_id: Annotated[str, Field(min_length=1, max_length=200)]
    feed: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
    sender_code: Annotated[str, Field(min_length=1, max_length=40)]
    period: Annotated[str, Field(min_length=1, max_length=40)]
    sequence: Annotated[int, Field(strict=True, ge=1, lt=2**31)]
    supersedes: Annotated[str, Field(max_length=200)] | None = None
    status: Literal["draft", "final"]
    form_version: Annotated[str, Field(max_length=80)] | None = None
    media_type: Annotated[str, Field(min_length=1, max_length=120)]
    encoding: Annotated[str, Field(max_length=40)] | None = None
    record_count: Annotated[int, Field(strict=True, ge=0, lt=2**53)]
    size_bytes: Annotated[int, Field(strict=True, ge=0, lt=2**53)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
    declared_totals: dict[Annotated[str, Field(max_length=80), AfterValidator(_plain)], Total] = Field(default_factory=dict, max_length=100)
    created_at: AwareDatetime

    @field_validator("delivery_id", "sender_code", "period", "supersedes", "form_version", "media_type", "encoding")
    @classmethod
    def _printable(cls, text: str | None) -> str | None:
        return None if text is None else _plain(text)

    @field_validator("delivery_id")
    @classmethod
    def _no_dots(cls, text: str) -> str:
        if text in (".", ".."):
            raise ValueError("is a path, not an id")
        return text

    @field_validator("sha256")
    @classmethod
    def _lower(cls, text: str) -> str:
        return text.lower()

    @field_validator("declared_totals", mode="before")
    @classmethod
    def _no_totals(cls, totals: Any) -> Any:
        return {} if totals is None else totals


@dataclass(frozen=True)
class AnnouncementDefect:
    """An announcement that cannot be read. detail: which of its members are wrong, not what they hold."""

    sender_code: str
    feed: str
    delivery_id: str | None
    detail: str


def _announcement(item: Any, sender_code: str, feed: str) -> Delivery | AnnouncementDefect:
    try:
        return Delivery.model_validate(item)
    except ValidationError as error:
        wrong = sorted({".".join(map(str, e["loc"])) or "the whole" for e in error.errors()})
    delivery_id = _delivery_id(item)
    if delivery_id is not None and not (len(delivery_id) <= 80 and delivery_id.isprintable()):
        delivery_id = None
    detail = f"sender {sender_code} announced delivery {delivery_id or '(without a readable id)'} of {feed} with unreadable "
    return AnnouncementDefect(sender_code, feed, delivery_id, (detail + ", ".join(wrong))[:500])


def _delivery_id(item: Any) -> str | None:
    delivery_id = item.get("delivery_id") if isinstance(item, dict) else None
    return delivery_id if isinstance(delivery_id, str) and delivery_id else None


# ---- the client


class GatewayClient:
    """One sender's gateway. timeout: seconds of silence; deadline: seconds for a page of the list or a whole delivery;
    tries: how often in a row one request may fail; pause: seconds before the second try, doubled with each more.

    Raises ValueError when the sender's token is not to be had.
    """

    def __init__(self, sender: Sender, *, timeout: float = 30.0, deadline: float = 300.0, tries: int = 5, pause: float = 0.5) -> None:
        self.sender = sender
        self._timeout, self._deadline, self._tries, self._pause = timeout, deadline, tries, pause
        self._sockets: list[socket.socket] = []
        self._late = False
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc would replace the sender's token, a proxy variable its host
        self._session.headers.update(
            {
                "Authorization": f"Bearer {sender.bearer()}",
                "Accept-Encoding": "identity",
                "User-Agent": "labour-market-warehouse",
            }
        )
        adapter = _WatchedAdapter(self._connected)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._session.close()

    def deliveries(
        self, feed: str, period: str | None = None, created_after: datetime | None = None
    ) -> Iterator[Delivery | AnnouncementDefect]:
        """What the sender has handed over for a feed, oldest first; drafts are left alone.

        An announcement that cannot be read comes as a defect and does not lose the others. Raises GatewayUnavailable.
        """
        asked = {"feed": feed, "period": period, "limit": DELIVERIES_A_PAGE}
        asked["created_after"] = created_after.isoformat() if created_after else None
        seen: set[str | None] = set()
        try:
            for items in self._pages("/v1/deliveries", asked, "items", None):
                fresh = [item for item in items if _delivery_id(item) not in seen]
                if items and not fresh:
                    raise GatewayUnavailable("the list of deliveries repeats itself")
                seen |= set(map(_delivery_id, fresh)) - {None}
                for announced in (_announcement(item, self.sender.code, feed) for item in fresh):
                    if isinstance(announced, AnnouncementDefect) or announced.status == "final":
                        yield announced
        except _NestedError:
            raise GatewayUnavailable("it answered with JSON nested beyond all measure") from None

    def fetch(self, delivery: Delivery, store: LandingStore) -> Landed:
        """Fetch a delivery into the store: a file as its bytes, application/json as one canonical line a record.

        Count, size and SHA-256 are held against the announcement before anything is kept. Raises GatewayUnavailable, and for
        what came wrong twice DeliveryRefused (record_count, size_bytes, sha256, shape, too_large), ValueError for a draft.
        """
        if delivery.status != "final":
            raise ValueError("a draft is not loaded")
        if delivery.size_bytes > MAX_DELIVERY_BYTES:
            raise DeliveryRefused("too_large", {"what": "bytes", "what_vi": "dung lượng (byte)", "limit": MAX_DELIVERY_BYTES})
        if delivery.record_count > MAX_RECORDS:
            raise DeliveryRefused("too_large", {"what": "records", "what_vi": "số bản ghi", "limit": MAX_RECORDS})
        until = time.monotonic() + self._deadline
        with self._watched(until):
            try:
                return self._landed(delivery, store, until)
            except DeliveryRefused:
                pass  # a line or a joint between two answers may be at fault: a sender is blamed for what it sends twice
            return self._landed(delivery, store, until)

    def _landed(self, delivery: Delivery, store: LandingStore, until: float) -> Landed:
        chunks = self._record_lines if delivery.media_type == JSON_LINES[0] else self._file
        try:
            return store.put(chunks(delivery, until), delivery.sha256)
        except WrongContent as error:
            raise DeliveryRefused("sha256", {"declared": error.announced, "found": error.found}) from None

    # -- JSON

    def _record_lines(self, delivery: Delivery, until: float) -> Iterator[bytes]:
        count = size = 0
        path = f"/v1/deliveries/{quote(delivery.delivery_id, safe='')}/records"
        pages = self._pages(path, {"limit": RECORDS_A_PAGE}, "records", until)
        while count <= delivery.record_count and size <= delivery.size_bytes:
            try:
                records = next(pages, None)
            except _NestedError:
                raise _too_deep(count + 1) from None
            if records is None:
                break
            lines = [_canonical_line(record, row) for row, record in enumerate(records, count + 1)]
            page = b"".join(lines)
            count, size = count + len(lines), size + len(page)
            yield page
        if count != delivery.record_count:
            raise DeliveryRefused("record_count", {"declared": delivery.record_count, "found": count})
        if size != delivery.size_bytes:
            raise DeliveryRefused("size_bytes", {"declared": delivery.size_bytes, "found": size})

    def _pages(self, path: str, asked: dict[str, Any], member: str, until: float | None) -> Iterator[list[Any]]:
        """The lists under a member of each page. until None: each page has a deadline of its own."""
        cursor: str | None = None
        cursors: set[str] = set()
        empty = 0
        for _ in range(MAX_PAGES):
            page = self._page(path, {**asked, "cursor": cursor}, member, until)
            yield page[member]
            cursor = page["next_cursor"]
            if cursor is None:
                return
            empty = 0 if page[member] else empty + 1
            if cursor in cursors or empty >= MAX_EMPTY_PAGES:
                break
            cursors.add(cursor)
        raise GatewayUnavailable(f"the pages of {member} have no end")

    def _page(self, path: str, asked: dict[str, Any], member: str, until: float | None) -> dict[str, Any]:
        if until is None:
            until = time.monotonic() + self._deadline
            with self._watched(until):
                return self._page(path, asked, member, until)
        query = {name: value for name, value in asked.items() if value is not None}

        def once() -> Any:
            with self._answer(path, query, {}, until) as response:
                if "json" not in response.headers.get("Content-Type", "").lower():
                    raise _TryAgainError("it answered with something other than JSON, such as a login page")
                return _json(_body(response))

        try:
            page = self._again(once, until)
        except RecursionError:
            raise _NestedError from None
        whole = isinstance(page, dict) and isinstance(page.get(member), list) and "next_cursor" in page
        if not whole or not isinstance(page["next_cursor"], str | None):
            raise GatewayUnavailable(f"it answered with JSON that is no page of {member}")
        return dict(page)

    # -- files

    def _file(self, delivery: Delivery, until: float) -> Iterator[bytes]:
        received = failures = failed_at = 0
        while True:
            try:
                for chunk in self._file_from(delivery, received, until):
                    received += len(chunk)
                    if received > delivery.size_bytes:
                        raise DeliveryRefused("size_bytes", {"declared": delivery.size_bytes, "found": received})
                    yield chunk
                return
            except _TryAgainError as error:
                if received >= failed_at + PROGRESS:
                    failures, failed_at = 0, received
                failures += 1
                self._wait(error, failures, until)

    def _file_from(self, delivery: Delivery, start: int, until: float) -> Iterator[bytes]:
        path = f"/v1/deliveries/{quote(delivery.delivery_id, safe='')}/file"
        wanted = {"Range": f"bytes={start}-"} if start else {}
        with self._answer(path, {}, wanted, until) as response:
            if "html" in response.headers.get("Content-Type", "").lower():
                raise _TryAgainError("it answered with a web page in place of the file")
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise GatewayUnavailable("it sent the file compressed, which was not asked for")
            total = _whole_size(response, start)
            if total is not None and total != delivery.size_bytes:
                raise DeliveryRefused("size_bytes", {"declared": delivery.size_bytes, "found": total})
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise GatewayUnavailable("it refuses to send the rest of the file")
            skip = 0 if response.status_code == HTTPStatus.PARTIAL_CONTENT else start
            received = start - skip
            for chunk in _chunks(response):
                received += len(chunk)
                if skip < len(chunk):
                    yield chunk[skip:]
                skip = max(0, skip - len(chunk))
            if received < delivery.size_bytes:
                raise _TryAgainError("the file was cut short")

    # -- one request

    @contextmanager
    def _answer(self, path: str, query: dict[str, Any], headers: dict[str, str], until: float) -> Iterator[requests.Response]:
        url: str = self.sender.base_url + path
        for _ in range(MAX_REDIRECTS + 1):
            left = until - time.monotonic()
            if left <= 0:
                raise GatewayUnavailable("it took longer than the deadline")
            try:
                response = self._session.get(
                    url,
                    params=query,
                    headers=headers,
                    stream=True,
                    allow_redirects=False,
                    timeout=(min(10.0, left), min(self._timeout, left)),
                )
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                raise _TryAgainError(_said(error)) from None
            with response:
                if response.is_redirect:
                    url, query = _redirected(url, response.headers["Location"]), {}
                    continue
                _check_status(response)
                yield response
                return
        raise GatewayUnavailable("it redirects without end")

    def _again(self, once: Callable[[], T], until: float) -> T:
        for failures in range(1, MAX_PAGES):
            try:
                return once()
            except _TryAgainError as error:
                self._wait(error, failures, until)
        raise AssertionError("_wait() gives up long before")

    def _wait(self, error: _TryAgainError, failures: int, until: float) -> None:
        """Sleep before the next try, or give up: after too many failures in a row, or when the deadline would pass."""
        left = until - time.monotonic()
        if left <= 0:
            raise GatewayUnavailable(f"it took longer than the deadline ({error.reason})") from None
        if failures >= self._tries:
            raise GatewayUnavailable(f"it failed {failures} times in a row ({error.reason})", error.wait) from None
        pause = error.wait
        if pause is None:
            pause = min(MAX_PAUSE, self._pause * 2 ** (failures - 1)) * random.uniform(0.5, 1.5)  # noqa: S311  # jitter, no secret
        if pause >= left:
            raise GatewayUnavailable(f"it asks for more time than there is ({error.reason})", pause) from None
        time.sleep(pause)

    # -- the deadline: a sender that gives a byte now and then keeps every time-out of a socket from passing

    @contextmanager
    def _watched(self, until: float) -> Iterator[None]:
        self._late = False
        watchdog = threading.Timer(max(0.0, until - time.monotonic()), self._cut)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()

    def _connected(self, connection: socket.socket) -> None:
        self._sockets = [s for s in self._sockets if s.fileno() != -1] + [connection]
        if self._late:  # after it is in the list: either the watchdog finds it there, or it is found here
            raise GatewayUnavailable("it took longer than the deadline")
        address = ipaddress.ip_address(connection.getpeername()[0].split("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        own_host = urlsplit(self.sender.base_url).hostname or ""
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            raise GatewayUnavailable("its name leads to an address that no gateway has")
        if address.is_loopback and not _is_loopback(own_host):
            raise GatewayUnavailable("its name leads to this machine")

    def _cut(self) -> None:
        self._late = True
        for connection in self._sockets:
            with suppress(OSError):
                # not SSLSocket.shutdown(), which would pull TLS away from under the thread that reads
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _WatchedAdapter(HTTPAdapter):
    """Tells of every connection that it opens."""

    def __init__(self, connected: Callable[[socket.socket], None]) -> None:
        self._connected = connected
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _watched_pool(urllib3.HTTPConnectionPool, self._connected),
            "https": _watched_pool(urllib3.HTTPSConnectionPool, self._connected),
        }


def _watched_pool(base: Any, connected: Callable[[socket.socket], None]) -> Any:
    class Connection(base.ConnectionCls):  # type: ignore[misc]  # the base is one of two, chosen by scheme
        def _new_conn(self) -> socket.socket:
            opened: socket.socket = super()._new_conn()
            try:
                connected(opened)
            except GatewayUnavailable:
                opened.close()
                raise
            return opened

        def connect(self) -> None:
            super().connect()
            if self.sock is not None:
                connected(self.sock)  # under TLS it is another object than the one that was opened

    class Pool(base):  # type: ignore[misc]  # as above
        ConnectionCls = Connection

    return Pool


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE):
        return
    if status in TRY_AGAIN:
        raise _TryAgainError(f"HTTP {status}", _retry_after(response))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise GatewayUnavailable(f"it refused the token (HTTP {status})")
    raise GatewayUnavailable(f"it answered HTTP {status}")


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text) if text.isdigit() else (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    old, new = urlsplit(url), urlsplit(target)
    if (old.scheme, old.hostname, old.port) != (new.scheme, new.hostname, new.port) or new.username is not None:
        raise GatewayUnavailable("it redirects to another host")
    return target


def _whole_size(response: requests.Response, start: int) -> int | None:
    """How long the whole file is, as far as the answer says. Raises GatewayUnavailable for a part that was not asked for."""
    if response.status_code == HTTPStatus.OK:
        length = response.headers.get("Content-Length", "")
        return int(length) if length.isdigit() else None
    span = response.headers.get("Content-Range", "")
    found = re.fullmatch(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)", span)
    if not found or (found[1] is not None and int(found[1]) != start):
        raise GatewayUnavailable("it sent another part of the file than was asked for")
    return None if found[2] == "*" else int(found[2])


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes, piece by piece: read1() never waits for a full piece, so that a deadline can be kept."""
    while True:
        try:
            chunk = response.raw.read1(CHUNK, decode_content=True)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _TryAgainError(_said(error)) from None
        if not chunk:
            return
        yield chunk


def _body(response: requests.Response) -> bytes:
    parts, size = [], 0
    for chunk in _chunks(response):
        size += len(chunk)
        if size > MAX_PAGE_BYTES:
            raise GatewayUnavailable("it answered with a page beyond all measure")
        parts.append(chunk)
    return b"".join(parts)


def _json(body: bytes) -> Any:
    """Raises RecursionError for what is nested beyond what Python reads."""

    def no_constant(name: str) -> None:
        raise ValueError(name)

    try:
        return json.loads(body.decode("utf-8"), parse_constant=no_constant)
    except ValueError:
        raise _TryAgainError("broken JSON") from None


def _canonical_line(record: Any, row: int) -> bytes:
    """A record as the announced hash counts it: sorted keys, no spaces, UTF-8, a line each."""
    if not isinstance(record, dict):
        raise DeliveryRefused("shape", {"row": row, "what": "not a record", "what_vi": "không phải một bản ghi"})
    if nesting(record) > MAX_DEPTH:
        raise _too_deep(row)
    try:
        return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except ValueError:  # a number beyond all numbers, or half a character
        raise DeliveryRefused("shape", {"row": row, "what": "not JSON", "what_vi": "không phải JSON hợp lệ"}) from None


def _too_deep(row: int) -> DeliveryRefused:
    return DeliveryRefused("shape", {"row": row, "what": "nested too deep", "what_vi": "lồng nhau quá sâu"})


def _said(error: Exception) -> str:
    """What kind of failure it was; the text of such an error holds addresses and more."""
    return "no answer in time" if "imeout" in type(error).__name__ + str(error)[:200] else f"connection failed, {type(error).__name__}"
