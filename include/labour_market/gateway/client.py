"""The deliveries of one sender: their list, and the content of each, compared with its announcement."""

import json
import math
import re
import time
from collections.abc import Iterator
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import requests

from labour_market.batches.delivery_errors import DeliveryRefusedError
from labour_market.batches.formats import JSON_LINES, MAX_DEPTH, MAX_RECORDS, nesting
from labour_market.batches.landing import ContentMismatchError, Landed, LandingStore
from labour_market.gateway.announcements import AnnouncementDefect, Delivery, delivery_id, read_announcement
from labour_market.gateway.connection import GatewayConnection, RetryableError, body, chunks, read_json
from labour_market.gateway.senders import GatewayDeadlineError, GatewayUnavailableError, Sender

MAX_DELIVERY_BYTES = 2 * 2**30
MAX_PAGES = 10_000
MAX_ANNOUNCEMENTS = 20_000  # of a feed: one a day for fifty years
MAX_LIST_BYTES = 16 * 2**20  # of all pages of a list
MAX_CURSOR = 2_000  # characters: it becomes a part of an address
MAX_EMPTY_PAGES = 3
PROGRESS = 2**20  # bytes: a download that advanced this far since the last failure begins to count failures anew
RECORDS_PER_PAGE = 1_000
DELIVERIES_PER_PAGE = 500


class _NestedError(Exception):
    """A page that is nested deeper than Python reads."""


class GatewayClient:
    """The gateway of one sender.

    Args:
        sender: The sender.
        timeout: Seconds of silence after which a request fails.
        deadline: Seconds for a page of the list, or for one delivery.
        tries: How often in a row one request may fail.
        pause: Seconds before the second try, doubled before each further one.
        until: The end of all requests of this client, a moment of time.monotonic().

    Raises:
        WrongSenderError: The entry of the sender is wrong, or its token is missing.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        timeout: float = 30.0,
        deadline: float = 300.0,
        tries: int = 5,
        pause: float = 0.5,
        until: float = math.inf,
    ) -> None:
        self.sender = sender
        self._deadline = deadline
        self._until = until
        self._connection = GatewayConnection(sender, timeout=timeout, tries=tries, pause=pause)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, frames: TracebackType | None) -> None:
        self._connection.close()
        if isinstance(error, GatewayUnavailableError) and time.monotonic() >= self._until:  # another try would only use more time
            raise GatewayDeadlineError from error

    def deliveries(self, feed: str, period: str | None = None) -> list[Delivery | AnnouncementDefect]:
        """The final deliveries that the sender announces for a feed, oldest first.

        Args:
            feed: The feed.
            period: Only deliveries of this period.

        Returns:
            Each delivery; an announcement that cannot be read comes as a defect, and the others are still read.

        Raises:
            GatewayUnavailableError: The gateway cannot be used, or its list is longer than a list can be. A part of a list is no list.
        """
        query = {"feed": feed, "period": period, "limit": DELIVERIES_PER_PAGE}
        seen: set[str | None] = set()
        announcements: list[Delivery | AnnouncementDefect] = []
        try:
            for items in self._pages("/v1/deliveries", query, "items", None):
                fresh = [item for item in items if delivery_id(item) not in seen]
                if items and not fresh:
                    raise GatewayUnavailableError("the list of deliveries repeats itself")
                seen |= set(map(delivery_id, fresh)) - {None}
                announcements += (read_announcement(item, self.sender.code, feed) for item in fresh)
                if len(announcements) > MAX_ANNOUNCEMENTS:
                    raise GatewayUnavailableError(f"the list has more than {MAX_ANNOUNCEMENTS} deliveries")
        except _NestedError:
            raise GatewayUnavailableError("it answered with JSON that is nested too deep") from None
        return [item for item in announcements if isinstance(item, AnnouncementDefect) or item.status == "final"]

    def fetch(self, delivery: Delivery, store: LandingStore) -> Landed:
        """Fetch a delivery into the store: a file as its bytes, application/json as one canonical line for each record.

        Count, size and SHA-256 are compared with the announcement before anything is kept.

        Args:
            delivery: A final delivery.
            store: The landing store.

        Returns:
            What was landed.

        Raises:
            GatewayUnavailableError: The gateway cannot be used; a later pull fetches the delivery.
            DeliveryRefusedError: The content differed from the announcement twice (record_count, size_bytes, sha256, shape), or
                is too large (too_large).
            ValueError: The delivery is a draft.
        """
        if delivery.status != "final":
            raise ValueError("a draft is not loaded")
        if delivery.size_bytes > MAX_DELIVERY_BYTES:
            raise DeliveryRefusedError("too_large", {"quantity": "bytes", "quantity_vi": "dung lượng (byte)", "limit": MAX_DELIVERY_BYTES})
        if delivery.record_count > MAX_RECORDS:
            raise DeliveryRefusedError("too_large", {"quantity": "records", "quantity_vi": "số bản ghi", "limit": MAX_RECORDS})
        until = self._deadline_from_now()
        with self._connection.watched(until):
            try:
                return self._landed(delivery, store, until)
            except DeliveryRefusedError:
                pass  # the network, or the join of two responses, may have caused it: the delivery is refused when it happens twice
            return self._landed(delivery, store, until)

    def _landed(self, delivery: Delivery, store: LandingStore, until: float) -> Landed:
        chunks = self._record_lines if delivery.media_type == JSON_LINES[0] else self._file
        try:
            return store.put(chunks(delivery, until), delivery.sha256)
        except ContentMismatchError as error:
            raise DeliveryRefusedError("sha256", {"declared": error.announced, "found": error.found}) from None

    # -- JSON

    def _record_lines(self, delivery: Delivery, until: float) -> Iterator[bytes]:
        count = size = 0
        path = f"/v1/deliveries/{quote(delivery.delivery_id, safe='')}/records"
        pages = self._pages(path, {"limit": RECORDS_PER_PAGE}, "records", until)
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
            raise DeliveryRefusedError("record_count", {"declared": delivery.record_count, "found": count, "rows": "", "rows_vi": ""})
        if size != delivery.size_bytes:
            raise DeliveryRefusedError("size_bytes", {"declared": delivery.size_bytes, "found": size})

    def _pages(self, path: str, query: dict[str, Any], member: str, until: float | None) -> Iterator[list[Any]]:
        """The list under a member of each page. until None: each page has its own deadline, and all of them one limit of bytes."""
        cursor: str | None = None
        cursors: set[str] = set()
        empty = size = 0
        for _ in range(MAX_PAGES):
            limit = MAX_DELIVERY_BYTES if until is not None else MAX_LIST_BYTES - size
            page, page_size = self._page(path, {**query, "cursor": cursor}, member, until, limit)
            size += page_size
            yield page[member]
            cursor = page["next_cursor"]
            if cursor is None:
                return
            empty = 0 if page[member] else empty + 1
            if cursor in cursors or empty >= MAX_EMPTY_PAGES:
                break
            cursors.add(cursor)
        raise GatewayUnavailableError(f"the pages of {member} do not end")

    def _page(self, path: str, query: dict[str, Any], member: str, until: float | None, limit: int) -> tuple[dict[str, Any], int]:
        """A page and its size in bytes, at most `limit`."""
        if until is None:
            until = self._deadline_from_now()
            with self._connection.watched(until):
                return self._page(path, query, member, until, limit)
        given = {name: value for name, value in query.items() if value is not None}

        def once() -> tuple[Any, int]:
            with self._connection.get(path, given, {}, until) as response:
                if "json" not in response.headers.get("Content-Type", "").lower():
                    raise RetryableError("it answered with something other than JSON, such as a login page")
                content = body(response, limit)
                return read_json(content), len(content)

        try:
            page, size = self._connection.retrying(until)(once)
        except RecursionError:
            raise _NestedError from None
        complete = isinstance(page, dict) and isinstance(page.get(member), list) and "next_cursor" in page
        if not complete or not _is_cursor(page["next_cursor"]):
            raise GatewayUnavailableError(f"it answered with JSON that is not a page of {member}")
        return dict(page), size

    def _deadline_from_now(self) -> float:
        """The deadline of a request that begins now.

        Raises:
            GatewayDeadlineError: The time of the client is used up.
        """
        now = time.monotonic()
        if now >= self._until:
            raise GatewayDeadlineError
        return min(now + self._deadline, self._until)

    # -- files

    def _file(self, delivery: Delivery, until: float) -> Iterator[bytes]:
        received = failed_at = 0
        for attempt in self._connection.retrying(until):
            with attempt:
                try:
                    for chunk in self._file_from(delivery, received, until):
                        received += len(chunk)
                        if received > delivery.size_bytes:
                            raise DeliveryRefusedError("size_bytes", {"declared": delivery.size_bytes, "found": received})
                        yield chunk
                except RetryableError:
                    if received >= failed_at + PROGRESS:
                        attempt.retry_state.attempt_number, failed_at = 1, received
                    raise

    def _file_from(self, delivery: Delivery, start: int, until: float) -> Iterator[bytes]:
        path = f"/v1/deliveries/{quote(delivery.delivery_id, safe='')}/file"
        wanted = {"Range": f"bytes={start}-"} if start else {}
        with self._connection.get(path, {}, wanted, until) as response:
            if "html" in response.headers.get("Content-Type", "").lower():
                raise RetryableError("it answered with a web page in place of the file")
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise GatewayUnavailableError("it sent the file compressed, which was not requested")
            total = _file_size(response, start)
            if total is not None and total != delivery.size_bytes:
                raise DeliveryRefusedError("size_bytes", {"declared": delivery.size_bytes, "found": total})
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise GatewayUnavailableError("it does not send the rest of the file")
            skip = 0 if response.status_code == HTTPStatus.PARTIAL_CONTENT else start
            received = start - skip
            for chunk in chunks(response):
                received += len(chunk)
                if skip < len(chunk):
                    yield chunk[skip:]
                skip = max(0, skip - len(chunk))
            if received < delivery.size_bytes:
                raise RetryableError("the file was cut short")


def _is_cursor(cursor: Any) -> bool:
    """Whether a page ends with a cursor that can be sent back, or with none."""
    return cursor is None or (isinstance(cursor, str) and len(cursor) <= MAX_CURSOR and cursor.isprintable())


def _file_size(response: requests.Response, start: int) -> int | None:
    """The size of the file in bytes, if the response has it.

    Raises:
        GatewayUnavailableError: Another part than was requested.
    """
    if response.status_code == HTTPStatus.OK:
        length = response.headers.get("Content-Length", "")
        return int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None
    span = response.headers.get("Content-Range", "")
    found = re.fullmatch(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)", span)
    if not found or (found[1] is not None and int(found[1]) != start):
        raise GatewayUnavailableError("it sent another part of the file than was requested")
    return None if found[2] == "*" else int(found[2])


def _canonical_line(record: Any, row: int) -> bytes:
    """A record as the announced hash covers it: sorted keys, no spaces, UTF-8, one line."""
    if not isinstance(record, dict):
        raise DeliveryRefusedError("shape", {"row": row, "problem": "not a record", "problem_vi": "không phải một bản ghi"})
    if nesting(record) > MAX_DEPTH:
        raise _too_deep(row)
    try:
        return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode() + b"\n"
    except ValueError:  # NaN or an infinity, or half of a surrogate pair
        raise DeliveryRefusedError("shape", {"row": row, "problem": "not JSON", "problem_vi": "không phải JSON hợp lệ"}) from None


def _too_deep(row: int) -> DeliveryRefusedError:
    return DeliveryRefusedError("shape", {"row": row, "problem": "nested too deep", "problem_vi": "lồng nhau quá sâu"})
