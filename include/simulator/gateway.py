"""The gateways of all offices on one port of 127.0.0.1: /districts/<code>/v1/..., as in the contract of the gateway.

/_control is for tests and demonstrations: GET or PUT /_control/faults (a list of simulator.faults.Fault), and
POST /_control/deliveries (the arguments of Gateway.add_delivery).
"""

import base64
import binascii
import hmac
import json
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import yaml

from simulator.area import read_senders
from simulator.deliveries import VIETNAM, Delivery, HandOver, announce, render
from simulator.faults import Fault, Faults
from simulator.files import JSON
from simulator.province import Province
from simulator.scenario import FEEDS, feeds_of

MAX_CONTROL_BODY = 64 * 2**20
_ROUTE = re.compile(r"/districts/(?P<sender>[A-Z0-9]+)/v1/(?P<rest>.*)")
_DELIVERY = re.compile(r"deliveries/(?P<delivery>[A-Za-z0-9_.\-]+)/(?P<part>records|file)")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_HTML = b"<!DOCTYPE html><html><body><h1>Trang dang bao tri</h1></body></html>"


class ProblemError(Exception):
    """A response that is an error: status, title and detail of a problem document (RFC 9457)."""

    def __init__(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.headers = status, title, detail, dict(headers or {})


class Gateway:
    """A running server. base_url: of all gateways; senders: as in a senders file (code, name, base_url, token, feeds)."""

    def __init__(self, province: Province, port: int = 0, tokens: Mapping[str, str] | None = None, known_as: str | None = None) -> None:
        self._known_as = known_as
        self._server = _Server(("0.0.0.0" if known_as else "127.0.0.1", port), _Handler)  # noqa: S104  # a network of containers
        self._server.province = province
        self._server.deliveries = list(province.deliveries)
        self._server.tokens = {code: (tokens or {}).get(code) or secrets.token_urlsafe(24) for code in province.senders}
        self._server.faults = Faults()
        self._server.gateway = self
        self._added = Path(tempfile.mkdtemp(prefix="simulator-"))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def base_url(self) -> str:
        """The address of the server, under the host name that its clients use."""
        return f"http://{self._known_as or '127.0.0.1'}:{self._server.server_address[1]}"

    @property
    def senders(self) -> list[dict[str, Any]]:
        """The entries of the senders file."""
        return [
            {
                "code": code,
                "name": name,
                "base_url": f"{self.base_url}/districts/{code}",
                "token": self._server.tokens[code],
                "feeds": list(feeds_of(code)),
            }
            for code, name in self._server.province.senders.items()
        ]

    def set_faults(self, *faults: Fault | Mapping[str, Any]) -> None:
        """Set these faults instead of the current ones; without arguments there are none."""
        self._server.faults.replace(faults)

    def faults(self) -> list[dict[str, Any]]:
        """The current faults, each with the number of responses that it has spoilt."""
        return self._server.faults.as_list()

    def add_delivery(
        self,
        feed: str,
        sender: str,
        period: str,
        records: list[dict[str, Any]],
        *,
        media_type: str = JSON,
        form: str | None = None,
        encoding: str | None = None,
        sequence: int = 1,
        supersedes: str | None = None,
        status: str = "final",
        created_at: str | None = None,
        payload: bytes | None = None,
        **declared: Any,
    ) -> str:
        """Add a delivery while the gateway runs; returns its delivery id.

        form: xlsx-a, xlsx-b, csv-a, csv-b for a file; created_at: ISO 8601, by default now; payload: bytes instead of the
        records; declared: wrong parts of the announcement (record_count, sha256, delivery_id ...).
        """
        moment = datetime.fromisoformat(created_at) if created_at else datetime.now(VIETNAM)
        hand_over = HandOver(
            feed,
            read_senders()[sender],
            period,
            records,
            media_type,
            moment,
            form,
            encoding,
            sequence,
            supersedes,
            status,
            declared=declared,
        )
        content = render(hand_over) if payload is None else payload
        path = self._added / secrets.token_hex(8)
        path.write_bytes(content)
        delivery = Delivery(announce(hand_over, content), path)
        with self._server.lock:
            self._server.deliveries.append(delivery)
        return cast(str, delivery.announcement["delivery_id"])

    def write_senders(self, path: Path) -> None:
        """Write the senders file (mode 0600), from which the warehouse reads these gateways."""
        head = "# Written by the simulator at each start. To name other gateways, point LMW_SENDERS at a file of your own.\n"
        partial = path.with_name(f".{path.name}.new")
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        plain = {"http_hosts": [self._known_as]} if self._known_as else {}
        listed = yaml.safe_dump({**plain, "senders": self.senders}, allow_unicode=True, sort_keys=False)
        partial.write_text(head + listed, encoding="utf-8")
        partial.replace(path)

    def close(self) -> None:
        """Stop the server, and delete the deliveries that were added to it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        shutil.rmtree(self._added, ignore_errors=True)

    def __enter__(self) -> "Gateway":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(province: Province, port: int = 0, tokens: Mapping[str, str] | None = None, known_as: str | None = None) -> Gateway:
    """Serve a province on 127.0.0.1. port 0: any free port; tokens: code -> token, random for senders without one.

    known_as: the host name for other containers; the server then listens on all addresses.
    """
    return Gateway(province, port, tokens, known_as)


class _Server(ThreadingHTTPServer):
    """State that requests share."""

    daemon_threads = True
    request_queue_size = 128
    province: Province
    deliveries: list[Delivery]
    tokens: dict[str, str]
    faults: Faults
    gateway: Gateway

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that close the connection."""


class _Handler(BaseHTTPRequestHandler):
    """One connection. Nothing is logged, because headers contain tokens."""

    protocol_version = "HTTP/1.1"
    server_version = "district-gateway"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = 60
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # the name of the base class
        pass

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_PUT(self) -> None:
        self._answer(self._control)

    def do_POST(self) -> None:
        self._answer(self._control)

    def _answer(self, work: Any) -> None:
        try:
            work()
        except ProblemError as problem:
            document = {"type": "about:blank", "title": problem.title, "status": problem.status, "detail": problem.detail}
            self._send(problem.status, _json(document), "application/problem+json", problem.headers)

    def _get(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/_control/"):
            self._control()
            return
        route = _ROUTE.fullmatch(url.path)
        if not route or route["sender"] not in self.server.tokens:
            raise ProblemError(404, "Not found", f"there is nothing at {url.path}")
        fault = self.server.faults.take(route["sender"], self.path)
        self.fault = fault
        if fault and self._refuse(fault):
            return
        if route["rest"] == "health":
            self._send(200, _json({"status": "ok"}))
            return
        self._authorise(route["sender"])
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if route["rest"] == "deliveries":
            self._send(200, _json(self._list(route["sender"], query)))
        elif found := _DELIVERY.fullmatch(route["rest"]):
            delivery = self._find(route["sender"], found["delivery"])
            (self._send_records if found["part"] == "records" else self._send_file)(delivery, query)
        else:
            raise ProblemError(404, "Not found", f"there is nothing at {url.path}")

    def _authorise(self, sender: str) -> None:
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.server.tokens[sender]}".encode()):
            raise ProblemError(401, "Unauthorized", f"the token is not the one of {sender}", {"WWW-Authenticate": "Bearer"})

    def _all(self, sender: str) -> list[Delivery]:
        with self.server.lock:
            of_sender = [d for d in self.server.deliveries if d.announcement["sender_code"] == sender]
        return sorted(of_sender, key=lambda d: (datetime.fromisoformat(d.announcement["created_at"]), d.announcement["delivery_id"]))

    def _list(self, sender: str, query: Mapping[str, str]) -> dict[str, Any]:
        feed, limit = query.get("feed"), _limit(query, 100, 500)
        if feed not in FEEDS:
            raise ProblemError(400, "Bad request", "feed must be one of " + ", ".join(FEEDS))
        found = [d.announcement for d in self._all(sender) if d.announcement["feed"] == feed]
        if "period" in query:
            found = [a for a in found if a["period"] == query["period"]]
        if "created_after" in query:
            after = _moment(query["created_after"])
            found = [a for a in found if datetime.fromisoformat(a["created_at"]) > after]
        start = _cursor(query)
        more = start + limit < len(found)
        return {"items": found[start : start + limit], "next_cursor": _as_cursor(start + limit) if more else None}

    def _find(self, sender: str, delivery_id: str) -> Delivery:
        for delivery in self._all(sender):
            if delivery.announcement["delivery_id"] == delivery_id:
                return delivery
        raise ProblemError(404, "Not found", f"{sender} has no delivery {delivery_id}")

    def _send_records(self, delivery: Delivery, query: Mapping[str, str]) -> None:
        """A page of lines of the payload; the cursor is the position of the next line."""
        if delivery.announcement["media_type"] != JSON:
            raise ProblemError(404, "Not found", "this delivery is a file: use /file")
        limit = _limit(query, 1000, 5000)
        with delivery.payload.open("rb") as lines:
            size = lines.seek(0, 2)
            lines.seek(min(_cursor(query), size))
            page = [line.rstrip(b"\n") for line in (lines.readline() for _ in range(limit)) if line]
            cursor = _as_cursor(lines.tell()) if lines.tell() < size else None
        self._send(200, b'{"records":[%s],"next_cursor":%s}' % (b",".join(page), _json(cursor)))

    def _send_file(self, delivery: Delivery, query: Mapping[str, str]) -> None:
        if delivery.announcement["media_type"] == JSON:
            raise ProblemError(404, "Not found", "this delivery is JSON: use /records")
        content = delivery.payload.read_bytes()
        etag = f'"{delivery.announcement["sha256"]}"'
        headers = {"Accept-Ranges": "bytes", "ETag": etag}
        requested = _RANGE.fullmatch(self.headers.get("Range", ""))
        if requested and any(requested.groups()) and self.headers.get("If-Range", etag) == etag:
            first, last = _bounds(requested[1], requested[2], len(content))
            if first > last:
                unsatisfied = {"Content-Range": f"bytes */{len(content)}"}
                raise ProblemError(416, "Range not satisfiable", f"it has {len(content)} bytes", unsatisfied)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            self._send(206, content[first : last + 1], delivery.announcement["media_type"], headers)
        else:
            self._send(200, content, delivery.announcement["media_type"], headers)

    fault: Fault | None = None

    def _refuse(self, fault: Fault) -> bool:
        """Respond with a fault that needs no data; False for a fault that spoils the data."""
        if fault.kind in ("503", "429"):
            title = "Service unavailable" if fault.kind == "503" else "Too many requests"
            raise ProblemError(int(fault.kind), title, "a fault of the simulator", {"Retry-After": f"{fault.seconds:.0f}"})
        if fault.kind == "html":
            self._send(200, _HTML, "text/html; charset=utf-8")
            return True
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        return False

    def _send(self, status: int, body: bytes, content_type: str = JSON, headers: Mapping[str, str] | None = None) -> None:
        kind = self.fault.kind if self.fault and status < 300 else None
        if kind == "short_length":
            body = body[: len(body) // 2]
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if kind == "cut":
            self.send_header("Connection", "close")
        self.end_headers()
        if kind == "cut":
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif kind == "drip" and self.fault:
            _drip(self.wfile, body, self.fault.seconds)
        else:
            self.wfile.write(body)

    def _control(self) -> None:
        path = urlsplit(self.path).path
        if self.client_address[0] != "127.0.0.1" or urlsplit(f"//{self.headers.get('Host', '')}").hostname not in _OURSELVES:
            raise ProblemError(403, "Forbidden", "only from this machine")
        if self.command == "GET" and path == "/_control/faults":
            self._send(200, _json(self.server.faults.as_list()))
            return
        try:
            arguments = json.loads(self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MAX_CONTROL_BODY)))
            if self.command == "PUT" and path == "/_control/faults":
                self.server.faults.replace(arguments)
                self._send(200, _json(self.server.faults.as_list()))
            elif self.command == "POST" and path == "/_control/deliveries":
                self._send(201, _json({"delivery_id": self.server.gateway.add_delivery(**arguments)}))
            else:
                raise ProblemError(404, "Not found", f"there is nothing at {path}")
        except (ValueError, TypeError, KeyError, re.error) as error:
            raise ProblemError(400, "Bad request", f"{type(error).__name__}: {error}") from None


_OURSELVES = ("127.0.0.1", "localhost")


def _drip(out: Any, body: bytes, seconds: float) -> None:
    pieces = 20
    step = max(1, -(-len(body) // pieces))
    for start in range(0, len(body), step):
        out.write(body[start : start + step])
        time.sleep(seconds / pieces)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _limit(query: Mapping[str, str], default: int, most: int) -> int:
    text = query.get("limit", str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise ProblemError(400, "Bad request", f"limit must be between 1 and {most}")
    return int(text)


def _as_cursor(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode()


def _cursor(query: Mapping[str, str]) -> int:
    try:
        return int(base64.urlsafe_b64decode(query["cursor"])) if "cursor" in query else 0
    except (ValueError, binascii.Error):
        raise ProblemError(400, "Bad request", "this cursor is not one of ours") from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a + that was not escaped
    except ValueError:
        raise ProblemError(400, "Bad request", "created_after must be a date-time such as 2023-06-14T00:00:00+07:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte of a range; "-5" means the last five bytes."""
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last) if last else size - 1, size - 1)
