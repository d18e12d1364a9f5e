"""One request to a gateway: its deadline, its retries, its limits, and the addresses that it may reach."""

import ipaddress
import json
import logging
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from labour_market.gateway.senders import GatewayUnavailableError, Sender, is_loopback

LOG = logging.getLogger(__name__)

MAX_PAGE_BYTES = 64 * 2**20
MAX_REDIRECTS = 3
MAX_RETRY_AFTER = 120.0
MAX_PAUSE = 20.0
CHUNK = 2**16
RETRYABLE_STATUS = {408, 425, 429, 500, 502, 503, 504}


class RetryableError(Exception):
    """A request that failed and may succeed when it is sent again. wait: the seconds of Retry-After, if it was sent."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class GatewayConnection:
    """HTTP with one sender, with a limit on everything.

    Args:
        sender: The sender.
        timeout: Seconds of silence after which a request fails.
        tries: How often in a row one request may fail.
        pause: Seconds before the second try, doubled before each further one.

    Raises:
        WrongSenderError: The entry of the sender is wrong, or its token is missing.
    """

    def __init__(self, sender: Sender, *, timeout: float, tries: int, pause: float) -> None:
        self.sender = sender
        self._timeout, self._tries, self._pause = timeout, tries, pause
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

    def close(self) -> None:
        """Close all connections of the session."""
        self._session.close()

    @contextmanager
    def get(self, path: str, query: dict[str, Any], headers: dict[str, str], until: float) -> Iterator[requests.Response]:
        """Send one GET and follow redirects on the same host.

        Args:
            path: Below the sender's base URL.
            query: The parameters.
            headers: More headers than those of the session.
            until: The deadline, a moment of time.monotonic().

        Yields:
            The response, its body unread.

        Raises:
            GatewayUnavailableError: The gateway cannot be used.
            RetryableError: The request failed and may succeed when it is sent again.
        """
        url: str = self.sender.base_url + path
        for _ in range(MAX_REDIRECTS + 1):
            left = until - time.monotonic()
            if left <= 0:
                raise GatewayUnavailableError("it took longer than the deadline")
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
                raise RetryableError(_kind_of_failure(error)) from None
            with response:
                if response.is_redirect:
                    url, query = _redirected(url, response.headers["Location"]), {}
                    continue
                _check_status(response)
                yield response
                return
        raise GatewayUnavailableError(f"it redirects more than {MAX_REDIRECTS} times")

    def retrying(self, until: float) -> Retrying:
        """Retries of one request after a RetryableError, as an iterable of attempts or as a call.

        They give up with GatewayUnavailableError after `tries` failures in a row, or when the next try would begin after `until`.
        """

        def stop(state: RetryCallState) -> bool:
            error, left = _failure(state), until - time.monotonic()
            if left <= 0:
                raise GatewayUnavailableError(f"it took longer than the deadline ({error})") from None
            if state.attempt_number >= self._tries:
                raise GatewayUnavailableError(f"it failed {state.attempt_number} times in a row ({error})") from None
            if state.upcoming_sleep >= left:
                problem = "it took longer than the deadline" if error.wait is None else "Retry-After exceeds the remaining deadline"
                raise GatewayUnavailableError(f"{problem} ({error})") from None
            return False

        return Retrying(retry=retry_if_exception_type(RetryableError), wait=self._pause_after, stop=stop, before_sleep=self._log_failure)

    def _pause_after(self, state: RetryCallState) -> float:
        """The seconds of Retry-After, else twice as long as the last time, with jitter."""
        asked = _failure(state).wait
        if asked is not None:
            return asked
        doubled: float = self._pause * 2 ** (state.attempt_number - 1)
        return min(MAX_PAUSE, doubled) * random.uniform(0.5, 1.5)  # noqa: S311  # no secret

    def _log_failure(self, state: RetryCallState) -> None:
        LOG.info(
            "request failed: sender=%s attempt=%s next_try_in=%.1f reason=%s",
            self.sender.code, state.attempt_number, state.upcoming_sleep, _failure(state),
        )  # fmt: skip

    # -- the deadline: a sender that sends a byte now and then never reaches the time-out of a socket

    @contextmanager
    def watched(self, until: float) -> Iterator[None]:
        """Cut every connection when this moment of time.monotonic() passes."""
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
            raise GatewayUnavailableError("it took longer than the deadline")
        address = ipaddress.ip_address(connection.getpeername()[0].split("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        own_host = urlsplit(self.sender.base_url).hostname or ""
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            raise GatewayUnavailableError("its name resolves to an address that no gateway can have")
        if address.is_loopback and not is_loopback(own_host):
            raise GatewayUnavailableError("its name resolves to this machine")

    def _cut(self) -> None:
        self._late = True
        for connection in self._sockets:
            with suppress(OSError):
                # not SSLSocket.shutdown(), which would pull TLS away from under the thread that reads
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _WatchedAdapter(HTTPAdapter):
    """Calls a function with every connection that it opens."""

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
            except GatewayUnavailableError:
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


def _failure(state: RetryCallState) -> RetryableError:
    error = state.outcome and state.outcome.exception()
    assert isinstance(error, RetryableError)
    return error


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE):
        return
    if status in RETRYABLE_STATUS:
        raise RetryableError(f"HTTP {status}", _retry_after(response))
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise GatewayUnavailableError(f"it refused the token (HTTP {status})")
    raise GatewayUnavailableError(f"it answered HTTP {status}")


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    try:
        seconds = float(text) if text.isdigit() else (parsedate_to_datetime(text) - _moment_of(response)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)


def _moment_of(response: requests.Response) -> datetime:
    """The time of the gateway's own clock, which may be hours from ours and has set the other dates of the response."""
    try:
        return parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return datetime.now(UTC)


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    old, new = urlsplit(url), urlsplit(target)
    if (old.scheme, old.hostname, old.port) != (new.scheme, new.hostname, new.port) or new.username is not None:
        raise GatewayUnavailableError("it redirects to another host")
    return target


def chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives, chunk by chunk: read1() never waits for a full chunk, so that a deadline can be kept.

    Yields:
        At most CHUNK bytes.

    Raises:
        RetryableError: The connection failed before the end of the body.
    """
    while True:
        try:
            chunk = response.raw.read1(CHUNK, decode_content=True)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise RetryableError(_kind_of_failure(error)) from None
        if not chunk:
            return
        yield chunk


def body(response: requests.Response, limit: int) -> bytes:
    """The complete body.

    Raises:
        GatewayUnavailableError: It has more bytes than the limit, or than a page may have.
        RetryableError: The connection failed before the end of the body.
    """
    limit = min(limit, MAX_PAGE_BYTES)
    parts, size = [], 0
    for chunk in chunks(response):
        size += len(chunk)
        if size > limit:
            raise GatewayUnavailableError(f"it answered with a page of more than {limit} bytes")
        parts.append(chunk)
    return b"".join(parts)


def read_json(text: bytes) -> Any:
    """Parse JSON.

    Raises:
        RetryableError: It is broken.
        RecursionError: It is nested deeper than Python reads.
    """

    def no_constant(name: str) -> None:
        raise ValueError(name)

    try:
        return json.loads(text.decode("utf-8"), parse_constant=no_constant)
    except ValueError:
        raise RetryableError("broken JSON") from None


def _kind_of_failure(error: Exception) -> str:
    """The kind of failure, without the text of the error, which holds addresses and more."""
    return "no answer in time" if "imeout" in type(error).__name__ + str(error)[:200] else f"connection failed, {type(error).__name__}"
