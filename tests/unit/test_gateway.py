"""The client against a gateway in this process that answers by script, and misbehaves in every way that a gateway can."""

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from labour_market.batches.landing import LandingStore
from labour_market.contracts import load_contract
from labour_market.gateway import (
    AnnouncementDefect,
    Delivery,
    DeliveryRefusedError,
    GatewayClient,
    GatewayDeadlineError,
    GatewayUnavailableError,
    Sender,
    connection,
)
from labour_market.gateway import client as client_module
from labour_market.quality.messages import block_reason
from tenacity import RetryCallState, Retrying

TOKEN = "a-token-that-no-message-may-show"
Answer = Callable[["Handler"], None]
CSV = "text/csv"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Script"

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        self.server.requests.append((split.path, query, dict(self.headers)))
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *_: object) -> None:
        pass

    def give(self, body: bytes, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def break_off(self) -> None:
        self.close_connection = True


class Script(ThreadingHTTPServer):
    """Gives its answers one after the other, the last one for ever."""

    daemon_threads = True

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers)
        self.requests: list[tuple[str, dict[str, str], dict[str, str]]] = []

    def handle_error(self, *_: object) -> None:
        pass


@dataclass
class Stage:
    """Starts scripted gateways and clients for them, and ends them with the test."""

    store: LandingStore
    scripts: list[Script] = field(default_factory=list)

    def serve(self, *answers: Answer, **options: Any) -> tuple[GatewayClient, Script]:
        script = Script(*answers)
        threading.Thread(target=script.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.scripts.append(script)
        sender = Sender("803", "Huyện Bến Lức", f"http://127.0.0.1:{script.server_port}/districts/803", TOKEN, ("employers",))
        return GatewayClient(sender, **{"timeout": 2.0, "deadline": 5.0, "pause": 0.01, **options}), script

    def kept(self) -> list[Path]:
        return [path for path in Path(self.store.root.path).rglob("*") if path.is_file()]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(LandingStore(str(tmp_path / "landing")))
    yield stage
    for script in stage.scripts:
        script.shutdown()
        script.server_close()


def announced(content: bytes = b"a,b\n1,2\n", **changes: Any) -> dict[str, Any]:
    return {
        "delivery_id": "803-employers-1",
        "feed": "employers",
        "sender_code": "803",
        "period": "2023-06",
        "sequence": 1,
        "supersedes": None,
        "status": "final",
        "form_version": "TT01-2022/csv-a",
        "media_type": CSV,
        "encoding": None,
        "record_count": 1,
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "declared_totals": {"planned_hires_6m": 12},
        "created_at": "2023-06-14T08:00:00+07:00",
        **changes,
    }


def delivery(content: bytes = b"a,b\n1,2\n", **changes: Any) -> Delivery:
    return Delivery.model_validate(announced(content, **changes))


def lines_of(records: list[Any]) -> bytes:
    return "".join(json.dumps(r, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for r in records).encode()


def of_records(records: list[Any], **changes: Any) -> Delivery:
    return delivery(lines_of(records), media_type="application/json", **{"record_count": len(records), **changes})


def page(member: str, items: list[Any], cursor: str | None = None) -> Answer:
    return lambda handler: handler.give(json.dumps({member: items, "next_cursor": cursor}).encode())


def body(content: bytes, kind: str = CSV, status: int = 200, **headers: str) -> Answer:
    return lambda handler: handler.give(content, kind, status, **headers)


def failing(status: int, **headers: str) -> Answer:
    return body(b"{}", "application/problem+json", status, **headers)


def file_with_ranges(content: bytes, cut_at: int | None = None) -> Answer:
    """Serves a file as a good server does; cut_at: and breaks off after so many bytes of this answer."""

    def answer(handler: Handler) -> None:
        wanted = handler.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        rest = content[start:]
        handler.send_response(206 if wanted else 200)
        handler.send_header("Content-Type", CSV)
        handler.send_header("Content-Length", str(len(rest)))
        if wanted:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        handler.end_headers()
        handler.wfile.write(rest[:cut_at])
        if cut_at is not None:
            handler.break_off()

    return answer


def dripping(content: bytes, seconds: float, head: bytes = b"") -> Answer:
    """A byte now and then: each comes before any time-out of a socket."""

    def answer(handler: Handler) -> None:
        handler.wfile.write(head)
        for place in range(len(content)):
            handler.wfile.write(content[place : place + 1])
            handler.wfile.flush()
            time.sleep(seconds)

    return answer


def refusal(stage: Stage, client: GatewayClient, wanted: Delivery) -> DeliveryRefusedError:
    with pytest.raises(DeliveryRefusedError) as caught:
        client.fetch(wanted, stage.store)
    assert stage.kept() == [], "nothing of a refused delivery is kept"
    assert TOKEN not in str(caught.value)
    rule = load_contract("employers").rule(f"file.{caught.value.rule_name}")
    sentences = vars(block_reason(rule, "1", caught.value.details)).values()
    assert all(sentences) and "{" not in "".join(sentences), "the contract has a complete sentence for it in both languages"
    return caught.value


def unavailable(stage: Stage, client: GatewayClient, wanted: Delivery) -> GatewayUnavailableError:
    with pytest.raises(GatewayUnavailableError) as caught:
        client.fetch(wanted, stage.store)
    assert stage.kept() == []
    assert TOKEN not in str(caught.value) and "127.0.0.1" not in str(caught.value)
    return caught.value


# ---- the list of deliveries


def test_deliveries_are_listed_page_by_page_with_the_token_and_the_query(stage: Stage) -> None:
    client, script = stage.serve(
        page("items", [announced(delivery_id="1")], "next"), page("items", [announced(delivery_id="2", surprise=True)])
    )
    found = list(client.deliveries("employers", period="2023-06"))
    assert [d.delivery_id for d in found if isinstance(d, Delivery)] == ["1", "2"]
    (path, first, headers), (_, second, _) = script.requests
    assert path == "/districts/803/v1/deliveries" and headers["Authorization"] == f"Bearer {TOKEN}"
    assert (first["feed"], first["period"]) == ("employers", "2023-06")
    assert "cursor" not in first and second["cursor"] == "next"


def test_a_draft_is_not_listed(stage: Stage) -> None:
    client, _ = stage.serve(page("items", [announced(delivery_id="1", status="draft"), announced(delivery_id="2")]))
    assert [d.delivery_id for d in client.deliveries("employers")] == ["2"]
    with pytest.raises(ValueError, match="draft"):
        client.fetch(delivery(status="draft"), stage.store)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha256": "Nguyễn Thị Đào"},
        {"sequence": "1"},
        {"sequence": 0},
        {"sequence": True},
        {"status": "almost"},
        {"record_count": -1},
        {"size_bytes": 10**30},
        {"created_at": "hôm qua"},
        {"created_at": "2023-06-14T08:00:00"},
        {"period": ""},
        {"period": "2023-13"},
        {"period": "[/]x"},
        {"period": "9999-12"},
        {"created_at": "0001-01-01T00:00:00+14:00"},
        {"created_at": "9999-12-31T23:59:59-12:00"},
        {"record_count": 2**31},
        {"delivery_id": ".."},
        {"delivery_id": "a\x00b"},
        {"form_version": "a\nb"},
        {"declared_totals": {"a": "b\x00"}},
        {"declared_totals": {"a": [1]}},
        {"media_type": None},
    ],
)
def test_an_unreadable_announcement_does_not_hide_the_others(stage: Stage, wrong: dict[str, Any]) -> None:
    broken = {"delivery_id": "odd", **announced(), **{"delivery_id": "odd"}, **wrong}
    client, _ = stage.serve(page("items", [announced(delivery_id="1"), broken, None, announced(delivery_id="2")]))
    found = list(client.deliveries("employers"))
    assert [type(item) for item in found] == [Delivery, AnnouncementDefect, AnnouncementDefect, Delivery]
    defect = found[1]
    assert isinstance(defect, AnnouncementDefect)
    assert next(iter(wrong)) in defect.detail and "Đào" not in defect.detail and "\x00" not in defect.detail


def test_a_defect_names_no_member_that_the_sender_invented(stage: Stage) -> None:
    client, _ = stage.serve(page("items", [announced(declared_totals={"Nguyễn Thị Đào\x00": 1, "b": [1]})]))
    (defect,) = client.deliveries("employers")
    assert isinstance(defect, AnnouncementDefect)
    assert defect.detail.endswith("unreadable declared_totals")


def test_two_announcements_without_an_id_are_two_defects(stage: Stage) -> None:
    nameless = announced()
    del nameless["delivery_id"]
    client, _ = stage.serve(page("items", [nameless, nameless]))
    assert [type(item) for item in client.deliveries("employers")] == [AnnouncementDefect] * 2


@pytest.mark.parametrize("missing", ["delivery_id", "feed", "sender_code", "period", "sequence", "media_type", "sha256", "created_at"])
def test_every_required_member_is_required(missing: str) -> None:
    item = announced()
    del item[missing]
    with pytest.raises(ValueError, match=missing):
        Delivery.model_validate(item)


def test_an_endless_cursor_ends(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_PAGES", 50)
    numbers = iter(range(10**6))

    def always_more(handler: Handler) -> None:
        handler.give(json.dumps({"items": [], "next_cursor": str(next(numbers))}).encode())

    for answer in (always_more, page("items", [announced()], "same"), page("items", [], "same")):
        client, script = stage.serve(answer)
        with pytest.raises(GatewayUnavailableError, match=r"do not end|repeats itself"):
            list(client.deliveries("employers"))
        assert len(script.requests) <= 4


def endless_list(size: int = 0) -> Answer:
    """A page of new announcements each time, and always a next page."""
    numbers = iter(range(10**9))

    def answer(handler: Handler) -> None:
        items = [announced(delivery_id=str(next(numbers)), padding="x" * size) for _ in range(10)]
        handler.give(json.dumps({"items": items, "next_cursor": str(next(numbers))}).encode())

    return answer


def test_a_list_that_never_ends_is_cut_by_its_number_of_deliveries(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_ANNOUNCEMENTS", 95)
    client, script = stage.serve(endless_list())
    with pytest.raises(GatewayUnavailableError, match="more than 95 deliveries"):
        client.deliveries("employers")
    assert len(script.requests) == 10


def test_a_list_of_as_many_deliveries_as_are_allowed_is_read(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_ANNOUNCEMENTS", 2)
    client, _ = stage.serve(page("items", [announced(delivery_id="1"), announced(delivery_id="2")]))
    assert len(client.deliveries("employers")) == 2


def test_a_list_that_never_ends_is_cut_by_its_bytes(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_LIST_BYTES", 1_000_000)
    client, script = stage.serve(endless_list(size=10_000))
    with pytest.raises(GatewayUnavailableError, match="a page of more than"):
        client.deliveries("employers")
    assert len(script.requests) == 10


def test_a_list_that_never_ends_is_cut_when_the_time_of_its_sender_is_used_up(stage: Stage) -> None:
    client, _ = stage.serve(endless_list(), until=time.monotonic() + 0.7)
    started = time.monotonic()
    with pytest.raises(GatewayUnavailableError):
        client.deliveries("employers")
    with pytest.raises(GatewayDeadlineError):
        client.deliveries("employers")
    assert time.monotonic() - started < 2


def test_a_request_that_is_cut_by_the_time_of_its_sender_is_not_retried_in_the_same_night(stage: Stage) -> None:
    client, _ = stage.serve(lambda handler: time.sleep(10), until=time.monotonic() + 0.3, timeout=30.0)
    with pytest.raises(GatewayDeadlineError), client:
        client.deliveries("employers")
    client, _ = stage.serve(failing(401), until=time.monotonic() + 30)
    with pytest.raises(GatewayUnavailableError, match="refused the token"), client:
        client.deliveries("employers")


def test_deliveries_that_hang_share_the_time_of_their_sender(stage: Stage) -> None:
    client, script = stage.serve(lambda handler: time.sleep(10), until=time.monotonic() + 0.7, timeout=30.0, deadline=30.0)
    started = time.monotonic()
    unavailable(stage, client, delivery(CONTENT))
    for _ in range(5):
        with pytest.raises(GatewayDeadlineError):
            client.fetch(delivery(CONTENT), stage.store)
    assert time.monotonic() - started < 2 and len(script.requests) == 1


@pytest.mark.parametrize("cursor", ["\ud800", "a\nb", "x" * 2_001, 7, True])
def test_a_cursor_that_cannot_be_sent_back_is_refused(stage: Stage, cursor: Any) -> None:
    client, script = stage.serve(page("items", [announced()], cursor))
    with pytest.raises(GatewayUnavailableError, match="not a page"):
        client.deliveries("employers")
    assert len(script.requests) == 1


def test_a_length_in_other_digits_is_no_length(stage: Stage) -> None:
    def answer(handler: Handler) -> None:
        handler.give(CONTENT, CSV, Content_Length="\u00b2")
        handler.break_off()

    client, _ = stage.serve(answer)
    client.fetch(delivery(CONTENT), stage.store)


@pytest.mark.parametrize(
    "answer",
    [
        body(b"<!doctype html><html>login</html>", "text/html"),
        body(b"", "application/json"),
        body(b"null", "application/json"),
        body(b"[]", "application/json"),
        body(b'{"items": {}, "next_cursor": null}', "application/json"),
        body(b'{"items": []}', "application/json"),
        body(b'{"items": [], "next_cursor": 7}', "application/json"),
        body(b'{"items": [NaN], "next_cursor": null}', "application/json"),
        body(b"[" * 100_000, "application/json"),
        body(b"\xff\xfe", "application/json"),
        failing(401),
        failing(404),
    ],
)
def test_a_response_that_is_not_a_list_is_never_an_empty_list(stage: Stage, answer: Answer) -> None:
    client, _ = stage.serve(answer, tries=2)
    with pytest.raises(GatewayUnavailableError):
        list(client.deliveries("employers"))


def test_a_missing_gateway_is_unavailable(stage: Stage) -> None:
    sender = Sender("803", "Huyện Bến Lức", "http://127.0.0.1:9/districts/803", TOKEN, ("employers",))
    with pytest.raises(GatewayUnavailableError, match="connection failed"):
        list(GatewayClient(sender, tries=2, pause=0.01).deliveries("employers"))


# ---- coming back later


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_gateway_that_fails_for_a_moment_is_retried(stage: Stage, status: int) -> None:
    client, script = stage.serve(failing(status), failing(status), page("items", [announced()]))
    assert len(list(client.deliveries("employers"))) == 1 and len(script.requests) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_respected(stage: Stage, status: int) -> None:
    client, _ = stage.serve(failing(status, Retry_After="1"), page("items", []))
    started = time.monotonic()
    list(client.deliveries("employers"))
    assert time.monotonic() - started >= 1.0


def test_retry_after_may_be_a_date(stage: Stage) -> None:
    past = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    client, script = stage.serve(failing(503, Retry_After=past), failing(503, Retry_After="soon"), page("items", []))
    assert list(client.deliveries("employers")) == [] and len(script.requests) == 3


def test_a_retry_after_beyond_the_deadline_ends_at_once(stage: Stage) -> None:
    client, script = stage.serve(failing(503, Retry_After="3600"))
    started = time.monotonic()
    with pytest.raises(GatewayUnavailableError) as caught:
        list(client.deliveries("employers"))
    assert time.monotonic() - started < 2 and len(script.requests) == 1
    assert str(caught.value) == "Retry-After exceeds the remaining deadline (HTTP 503)"


def test_tries_are_bounded(stage: Stage) -> None:
    client, script = stage.serve(failing(500), tries=4)
    with pytest.raises(GatewayUnavailableError, match="4 times in a row"):
        list(client.deliveries("employers"))
    assert len(script.requests) == 4


def test_a_refused_token_is_not_retried(stage: Stage) -> None:
    client, script = stage.serve(failing(401))
    with pytest.raises(GatewayUnavailableError, match="refused the token"):
        list(client.deliveries("employers"))
    assert len(script.requests) == 1


# ---- JSON deliveries

RECORDS = [{"b": "Đỗ Thị Bảy", "a": 1, "c": None}, {"b": "", "a": 2.5, "c": ["x"]}, {"a": 10**30}]


def test_records_land_as_canonical_lines_whatever_the_pages(stage: Stage) -> None:
    client, script = stage.serve(page("records", RECORDS[:1], "2"), page("records", RECORDS[1:2], "3"), page("records", RECORDS[2:]))
    landed = client.fetch(of_records(RECORDS), stage.store)
    assert Path(landed.path).read_bytes() == lines_of(RECORDS)
    assert landed.size == len(lines_of(RECORDS))
    assert [query.get("cursor") for _, query, _ in script.requests] == [None, "2", "3"]
    assert script.requests[0][0] == "/districts/803/v1/deliveries/803-employers-1/records"


def test_no_records_are_an_empty_delivery(stage: Stage) -> None:
    client, _ = stage.serve(page("records", []))
    assert client.fetch(of_records([]), stage.store).size == 0


def test_a_delivery_id_never_changes_the_path_of_the_address(stage: Stage) -> None:
    client, script = stage.serve(page("records", []))
    client.fetch(of_records([], delivery_id="../../admin?x=1#y"), stage.store)
    assert script.requests[0][0] == "/districts/803/v1/deliveries/..%2F..%2Fadmin%3Fx%3D1%23y/records"


def test_a_page_that_fails_is_fetched_once_more_from_its_own_cursor(stage: Stage) -> None:
    cut = body(b'{"records": [{"a"', "application/json", Content_Length="400")
    client, script = stage.serve(
        page("records", RECORDS[:2], "2"),
        lambda handler: (cut(handler), handler.break_off())[0],
        failing(503),
        page("records", RECORDS[2:]),
    )
    client.fetch(of_records(RECORDS), stage.store)
    assert [query.get("cursor") for _, query, _ in script.requests] == [None, "2", "2", "2"]


@given(
    st.lists(
        st.dictionaries(
            st.text(max_size=4),
            st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.floats(allow_nan=False, allow_infinity=False),
            max_size=4,
        ),
        max_size=5,
    )
)
def test_any_records_hash_as_their_sender_hashed_them(records: list[dict[str, Any]]) -> None:
    assert b"".join(client_module._canonical_line(json.loads(json.dumps(r)), 1) for r in records) == lines_of(records)


@pytest.mark.parametrize(
    ("pages", "rule", "found"),
    [
        ([page("records", RECORDS[:2])], "record_count", 2),
        ([page("records", [*RECORDS, {}])], "record_count", 4),
        ([page("records", RECORDS, "2"), page("records", RECORDS, "3")] * 2, "record_count", 6),
    ],
)
def test_another_count_than_announced_is_refused(stage: Stage, pages: list[Answer], rule: str, found: int) -> None:
    client, _ = stage.serve(*pages)
    refused = refusal(stage, client, of_records(RECORDS))
    assert refused.rule_name == rule and refused.details == {"declared": 3, "found": found, "rows": "", "rows_vi": ""}


def test_another_size_than_announced_is_refused(stage: Stage) -> None:
    client, _ = stage.serve(page("records", RECORDS))
    assert refusal(stage, client, of_records(RECORDS, size_bytes=7)).rule_name == "size_bytes"
    assert refusal(stage, client, of_records(RECORDS, size_bytes=10**6)).rule_name == "size_bytes"


def test_other_bytes_than_announced_are_refused(stage: Stage) -> None:
    client, _ = stage.serve(page("records", RECORDS))
    refused = refusal(stage, client, of_records(RECORDS, sha256="0" * 64))
    assert refused.rule_name == "sha256"
    assert refused.details == {"declared": "0" * 64, "found": hashlib.sha256(lines_of(RECORDS)).hexdigest()}


@pytest.mark.parametrize("record", ["[]", "null", '"text"', "1", '{"a": 1e999}', '{"a": "\\ud800"}', '{"a": ' + "[" * 60 + "]" * 60 + "}"])
def test_an_item_that_is_not_a_record_is_refused_with_its_row(stage: Stage, record: str) -> None:
    answer = body(f'{{"records": [{{}}, {record}], "next_cursor": null}}'.encode(), "application/json")
    client, _ = stage.serve(answer)
    refused = refusal(stage, client, delivery(media_type="application/json", record_count=2))
    assert refused.rule_name == "shape" and refused.details["row"] == 2


def test_json_that_is_nested_too_deep_is_refused(stage: Stage) -> None:
    client, _ = stage.serve(body(b'{"records": [' + b"[" * 200_000, "application/json"))
    assert refusal(stage, client, of_records(RECORDS)).details["problem"] == "nested too deep"


@pytest.mark.parametrize("answer", [body(b"null", "application/json"), body(b"[]", "application/json"), body(b"<html>", "text/html")])
def test_a_response_that_is_not_a_page_of_records_leaves_the_delivery_to_a_later_pull(stage: Stage, answer: Answer) -> None:
    client, _ = stage.serve(answer)
    unavailable(stage, client, of_records([]))


def test_a_page_over_the_limit_is_not_read_to_its_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_PAGE_BYTES", 1_000)
    client, _ = stage.serve(page("records", [{"a": "x" * 5_000}]))
    assert "more than" in str(unavailable(stage, client, of_records([{"a": "x" * 5_000}])))


def test_a_compressed_page_counts_with_its_unpacked_size(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(connection, "MAX_PAGE_BYTES", 100_000)
    packed = gzip.compress(json.dumps({"records": [{"a": "x" * 10_000_000}], "next_cursor": None}).encode())
    assert len(packed) < 20_000
    client, _ = stage.serve(body(packed, "application/json", Content_Encoding="gzip"))
    assert "more than" in str(unavailable(stage, client, of_records([{}])))


# ---- file deliveries

CONTENT = bytes(range(256)) * 4_000


def test_a_file_lands_as_it_is(stage: Stage) -> None:
    client, script = stage.serve(file_with_ranges(CONTENT))
    landed = client.fetch(delivery(CONTENT), stage.store)
    assert Path(landed.path).read_bytes() == CONTENT
    assert script.requests[0][0].endswith("/v1/deliveries/803-employers-1/file")


def test_a_cut_body_is_resumed_not_accepted(stage: Stage) -> None:
    client, script = stage.serve(file_with_ranges(CONTENT, 100_000), file_with_ranges(CONTENT, 300_000), file_with_ranges(CONTENT))
    landed = client.fetch(delivery(CONTENT), stage.store)
    assert Path(landed.path).read_bytes() == CONTENT
    assert [headers.get("Range") for _, _, headers in script.requests] == [None, "bytes=100000-", "bytes=400000-"]


def test_a_server_without_ranges_sends_everything_and_nothing_is_doubled(stage: Stage) -> None:
    client, script = stage.serve(file_with_ranges(CONTENT, 100_000), body(CONTENT))
    assert Path(client.fetch(delivery(CONTENT), stage.store).path).read_bytes() == CONTENT
    assert len(script.requests) == 2


def test_a_download_that_is_always_cut_ends_with_an_error(stage: Stage) -> None:
    client, script = stage.serve(file_with_ranges(CONTENT, 0), tries=3)
    unavailable(stage, client, delivery(CONTENT))
    assert len(script.requests) == 3


def test_a_download_that_advances_is_continued(stage: Stage) -> None:
    content = b"x" * (client_module.PROGRESS * 5)
    client, script = stage.serve(file_with_ranges(content, client_module.PROGRESS), tries=2)
    client.fetch(delivery(content), stage.store)
    assert len(script.requests) == 5


def test_a_part_with_another_offset_is_not_appended(stage: Stage) -> None:
    wrong = body(CONTENT[:10], CSV, 206, Content_Range=f"bytes 0-9/{len(CONTENT)}")
    client, _ = stage.serve(file_with_ranges(CONTENT, 1_000), wrong)
    assert "another part" in str(unavailable(stage, client, delivery(CONTENT)))


@pytest.mark.parametrize("once", [body(CONTENT[:-7]), body(CONTENT[::-1]), file_with_ranges(CONTENT + b"x")])
def test_a_fault_that_happens_once_does_not_refuse_the_delivery(stage: Stage, once: Answer) -> None:
    client, _ = stage.serve(once, file_with_ranges(CONTENT))
    assert Path(client.fetch(delivery(CONTENT), stage.store).path).read_bytes() == CONTENT


def test_a_web_page_in_place_of_a_response_is_retried(stage: Stage) -> None:
    login = body(b"<html>maintenance</html>", "text/html")
    client, _ = stage.serve(login, page("items", [announced()]), login, body(b"a,b\n1,2\n"))
    (found,) = client.deliveries("employers")
    assert isinstance(found, Delivery) and client.fetch(found, stage.store).size == 8


def test_a_broken_seam_of_two_parts_is_fetched_once_more_before_a_refusal(stage: Stage) -> None:
    other = bytes(len(CONTENT))
    client, script = stage.serve(file_with_ranges(CONTENT, 1_000), file_with_ranges(other), file_with_ranges(CONTENT))
    assert Path(client.fetch(delivery(CONTENT), stage.store).path).read_bytes() == CONTENT
    assert script.requests[2][2].get("Range") is None


@pytest.mark.parametrize("found", [CONTENT[:-1], CONTENT + b"x", b""])
def test_a_file_of_another_size_is_refused(stage: Stage, found: bytes) -> None:
    client, script = stage.serve(body(found))
    refused = refusal(stage, client, delivery(CONTENT))
    assert refused.rule_name == "size_bytes" and refused.details["declared"] == len(CONTENT)
    assert len(script.requests) == 2


def test_a_file_without_end_is_not_read_to_its_end(stage: Stage) -> None:
    def endless(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\n")
        while True:
            handler.wfile.write(b"x" * 65_536)

    client, _ = stage.serve(endless)
    assert refusal(stage, client, delivery(CONTENT)).rule_name == "size_bytes"


def test_a_file_that_has_another_hash_twice_is_refused(stage: Stage) -> None:
    client, script = stage.serve(body(CONTENT))
    assert refusal(stage, client, delivery(CONTENT, sha256="0" * 64)).rule_name == "sha256"
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    "answer",
    [
        body(b"<html>login</html>", "text/html; charset=utf-8"),
        failing(404),
        failing(403),
        failing(416),
        body(CONTENT, CSV, Content_Encoding="gzip"),
    ],
)
def test_a_response_that_is_not_the_file_leaves_the_delivery_to_a_later_pull(stage: Stage, answer: Answer) -> None:
    client, _ = stage.serve(answer, tries=2)
    unavailable(stage, client, delivery(CONTENT))


@pytest.mark.parametrize(("changes", "quantity"), [({"size_bytes": 2**40}, "bytes"), ({"record_count": 10**9}, "records")])
def test_a_delivery_over_a_limit_is_refused_without_a_request(stage: Stage, changes: dict[str, int], quantity: str) -> None:
    client, script = stage.serve(body(CONTENT))
    refused = refusal(stage, client, delivery(CONTENT, **changes))
    assert refused.rule_name == "too_large" and refused.details["quantity"] == quantity and script.requests == []


# ---- the deadline


@pytest.mark.parametrize(
    "answer",
    [
        dripping(b"x" * 1_000, 0.1, b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\n"),
        dripping(b"x" * 1_000, 0.1, b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1_000, 0.1),
        lambda handler: time.sleep(30),
    ],
    ids=["slow body", "slow body without length", "slow header", "silence"],
)
def test_a_slow_sender_is_cut_off_at_the_deadline(stage: Stage, answer: Answer) -> None:
    client, _ = stage.serve(answer, deadline=0.8, timeout=30.0)
    started = time.monotonic()
    assert "deadline" in str(unavailable(stage, client, delivery(b"x" * 1_000)))
    assert time.monotonic() - started < 3


def test_a_slow_list_is_cut_off_at_the_deadline(stage: Stage) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
    client, _ = stage.serve(dripping(b" " * 1_000, 0.1, head), deadline=0.8, timeout=30.0)
    with pytest.raises(GatewayUnavailableError, match="deadline"):
        list(client.deliveries("employers"))


def test_a_client_can_be_used_again_after_a_deadline(stage: Stage) -> None:
    client, _ = stage.serve(lambda handler: time.sleep(3), page("items", [announced()]), deadline=0.5, timeout=30.0)
    with pytest.raises(GatewayUnavailableError, match="deadline"):
        list(client.deliveries("employers"))
    assert len(list(client.deliveries("employers"))) == 1


def test_silence_within_the_deadline_is_retried(stage: Stage) -> None:
    client, script = stage.serve(lambda handler: time.sleep(1), page("items", []), timeout=0.2)
    assert list(client.deliveries("employers")) == [] and len(script.requests) == 2


# ---- where a client may go


def test_a_redirect_to_another_host_is_refused_without_sending_the_token(stage: Stage) -> None:
    _, elsewhere = stage.serve(page("items", []))
    target = f"http://localhost:{elsewhere.server_port}/v1/deliveries"
    client, _ = stage.serve(body(b"", CSV, 302, Location=target))
    with pytest.raises(GatewayUnavailableError, match="another host"):
        list(client.deliveries("employers"))
    assert elsewhere.requests == []


@pytest.mark.parametrize("scheme", ["file:///etc/passwd", "https://127.0.0.1/x", "http://169.254.169.254/latest"])
def test_a_redirect_elsewhere_is_refused(stage: Stage, scheme: str) -> None:
    client, _ = stage.serve(body(b"", CSV, 307, Location=scheme))
    with pytest.raises(GatewayUnavailableError, match="another host"):
        list(client.deliveries("employers"))


def test_a_few_redirects_on_the_same_host_are_accepted(stage: Stage) -> None:
    client, script = stage.serve(body(b"", CSV, 308, Location="/moved"), page("items", [announced()]))
    assert len(list(client.deliveries("employers"))) == 1 and script.requests[1][0] == "/moved"
    client, _ = stage.serve(body(b"", CSV, 308, Location="/moved"))
    with pytest.raises(GatewayUnavailableError, match="more than 3 times"):
        list(client.deliveries("employers"))


def test_a_name_that_resolves_to_this_machine_is_not_called(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    _, script = stage.serve(page("items", []))
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", script.server_port))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address])
    sender = Sender("803", "x", "http://gateway.example:8099", TOKEN, ("employers",))
    with pytest.raises(GatewayUnavailableError, match="resolves to this machine"):
        list(GatewayClient(sender).deliveries("employers"))
    assert script.requests == []


def test_neither_a_netrc_nor_a_proxy_variable_is_used(stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    client, script = stage.serve(page("items", []))
    list(client.deliveries("employers"))
    assert script.requests[0][2]["Authorization"] == f"Bearer {TOKEN}"


# ---- limits in pairs: at the limit accepted, one beyond it refused


def test_a_delivery_may_be_as_large_as_the_limits(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [{"a": 1}, {"a": 2}]
    limits = {"MAX_DELIVERY_BYTES": len(lines_of(records)), "MAX_RECORDS": 2}
    for name, limit in limits.items():
        with monkeypatch.context() as patch:
            patch.setattr(client_module, name, limit)
            client, _ = stage.serve(page("records", records))
            if name == "MAX_RECORDS":  # a limit of bytes is one of pages too, which have more signs
                assert client.fetch(of_records(records), stage.store).size == len(lines_of(records))
            content = b"x" * len(lines_of(records))
            client, _ = stage.serve(body(content))
            assert client.fetch(delivery(content, record_count=2), stage.store).size == len(content)
            patch.setattr(client_module, name, limit - 1)
            client, script = stage.serve(body(content))
            with pytest.raises(DeliveryRefusedError) as caught:
                client.fetch(delivery(content, record_count=2), stage.store)
            assert caught.value.details["limit"] == limit - 1 and script.requests == []


def test_a_cursor_may_have_two_thousand_characters(stage: Stage) -> None:
    client, script = stage.serve(page("items", [announced()], "x" * 2_000), page("items", [announced(delivery_id="2")]))
    assert len(client.deliveries("employers")) == 2 and script.requests[1][1]["cursor"] == "x" * 2_000
    client, script = stage.serve(page("items", [announced()], "x" * 2_001), page("items", [announced(delivery_id="2")]))
    with pytest.raises(GatewayUnavailableError, match="not a page"):
        client.deliveries("employers")
    assert len(script.requests) == 1


def test_two_empty_pages_in_a_row_are_read_over_and_three_are_not(stage: Stage) -> None:
    empty = [page("items", [], str(n)) for n in range(9)]
    full = [page("items", [announced(delivery_id=str(n))], f"after {n}") for n in range(3)]
    last = page("items", [announced(delivery_id="last")])
    client, _ = stage.serve(*empty[:2], full[0], *empty[2:4], full[1], last)
    assert len(client.deliveries("employers")) == 3
    client, script = stage.serve(full[0], *empty[:3], last)
    with pytest.raises(GatewayUnavailableError, match="do not end"):
        client.deliveries("employers")
    assert len(script.requests) == 4


def test_a_list_may_have_as_many_pages_as_the_limit(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [page("items", [announced(delivery_id=str(n))], str(n)) for n in range(2)]
    last = page("items", [announced(delivery_id="last")])
    monkeypatch.setattr(client_module, "MAX_PAGES", 3)
    client, _ = stage.serve(*pages, last)
    assert len(client.deliveries("employers")) == 3
    monkeypatch.setattr(client_module, "MAX_PAGES", 2)
    client, _ = stage.serve(*pages, last)
    with pytest.raises(GatewayUnavailableError, match="do not end"):
        client.deliveries("employers")


@pytest.mark.parametrize(("module", "limit"), [(client_module, "MAX_LIST_BYTES"), (connection, "MAX_PAGE_BYTES")])
def test_a_list_may_have_as_many_bytes_as_the_limit(stage: Stage, module: Any, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [[announced(delivery_id="1")], [announced(delivery_id="2")]]
    sizes = [len(json.dumps({"items": items[0], "next_cursor": "1"})), len(json.dumps({"items": items[1], "next_cursor": None}))]
    size = sum(sizes) if limit == "MAX_LIST_BYTES" else max(sizes)
    for allowed in (size, size - 1):
        monkeypatch.setattr(module, limit, allowed)
        client, _ = stage.serve(page("items", items[0], "1"), page("items", items[1]))
        if allowed == size:
            assert len(client.deliveries("employers")) == 2
            continue
        with pytest.raises(GatewayUnavailableError, match="a page of more than"):
            client.deliveries("employers")


def test_three_redirects_are_accepted_and_a_fourth_is_not(stage: Stage) -> None:
    moved = [body(b"", CSV, 302, Location=f"/moved/{n}") for n in range(4)]
    client, script = stage.serve(*moved[:3], page("items", [announced()]))
    assert len(client.deliveries("employers")) == 1
    assert [path for path, _, _ in script.requests[1:]] == ["/moved/0", "/moved/1", "/moved/2"]
    assert script.requests[0][1] and not script.requests[1][1], "the address of a redirect has its own parameters"
    client, script = stage.serve(*moved, page("items", [announced()]))
    with pytest.raises(GatewayUnavailableError, match="more than 3 times"):
        client.deliveries("employers")
    assert len(script.requests) == 4


@pytest.mark.parametrize(
    ("old", "location", "target"),
    [
        ("https://a.vn/x/y", "/z", "https://a.vn/z"),
        ("https://a.vn/x/y", "z?b=1", "https://a.vn/x/z?b=1"),
        ("https://a.vn:8443/x", "https://a.vn:8443/y", "https://a.vn:8443/y"),
        ("https://A.vn/x", "https://a.VN/y", "https://a.VN/y"),
        # each of these differs in one part alone, so that no other guard decides
        ("https://a.vn:8443/x", "http://a.vn:8443/y", None),
        ("http://a.vn:8080/x", "https://a.vn:8080/y", None),
        ("https://a.vn/x", "https://b.vn/y", None),
        ("https://a.vn/x", "https://a.vn:8443/y", None),
        ("https://a.vn/x", "https://user@a.vn/y", None),
        ("https://a.vn/x", "//b.vn/y", None),
    ],
)
def test_a_redirect_keeps_the_scheme_the_host_and_the_port(old: str, location: str, target: str | None) -> None:
    if target:
        assert connection._redirected(old, location) == target
        return
    with pytest.raises(GatewayUnavailableError, match="another host"):
        connection._redirected(old, location)


def test_a_retry_after_is_between_nothing_and_two_minutes() -> None:
    response = requests.Response()
    past, soon = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(seconds=60)
    found = {}
    for text in ("0", "119", "120", "121", " 5 ", "", "-5", "soon", "1.5", "٣", format_datetime(past, usegmt=True)):
        response.headers["Retry-After"] = text
        found[text] = connection._retry_after(response)
    assert list(found.values())[:6] == [0.0, 119.0, 120.0, 120.0, 5.0, None]
    assert found["-5"] is found["soon"] is found["1.5"] is None
    assert found[format_datetime(past, usegmt=True)] == 0.0
    response.headers["Retry-After"] = format_datetime(soon, usegmt=True)
    assert 55 < (connection._retry_after(response) or 0) <= 60
    del response.headers["Retry-After"]
    assert connection._retry_after(response) is None


def test_pauses_double_up_to_their_longest_and_differ_by_half(stage: Stage) -> None:
    client, _ = stage.serve(failing(503), pause=1.0)
    for number, expected in ((1, 1.0), (2, 2.0), (5, 16.0), (6, 20.0), (60, 20.0)):
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = number
        state.set_exception((connection.RetryableError, connection.RetryableError("x"), None))
        pauses = [client._connection._pause_after(state) for _ in range(200)]
        assert min(pauses) >= expected / 2 and max(pauses) <= expected * 1.5 and max(pauses) > expected > min(pauses)


def test_a_request_is_tried_as_often_as_is_allowed(stage: Stage) -> None:
    client, script = stage.serve(failing(503), failing(503), page("items", [announced()]), tries=3)
    assert len(client.deliveries("employers")) == 1 and len(script.requests) == 3
    client, script = stage.serve(failing(503), failing(503), failing(503), page("items", [announced()]), tries=3)
    with pytest.raises(GatewayUnavailableError, match="failed 3 times"):
        client.deliveries("employers")
    assert len(script.requests) == 3


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_an_answer_that_may_pass_is_tried_again(stage: Stage, status: int) -> None:
    client, script = stage.serve(failing(status), page("items", []))
    assert client.deliveries("employers") == [] and len(script.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 501])
def test_an_answer_that_is_final_is_not_tried_again(stage: Stage, status: int) -> None:
    client, script = stage.serve(failing(status), page("items", []))
    with pytest.raises(GatewayUnavailableError, match=f"HTTP {status}"):
        client.deliveries("employers")
    assert len(script.requests) == 1


def test_a_download_that_advances_far_enough_begins_to_count_failures_anew(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytes(range(100))
    monkeypatch.setattr(client_module, "PROGRESS", 10)
    for part, arrives in ((10, True), (4, False)):
        client, script = stage.serve(file_with_ranges(content, cut_at=part), tries=2)
        if arrives:
            assert client.fetch(delivery(content), stage.store).size == 100
        else:
            with pytest.raises(GatewayUnavailableError, match="2 times in a row"):
                client.fetch(delivery(content, sha256="0" * 64), stage.store)
            assert len(script.requests) == 2


@pytest.mark.parametrize("surplus", [0, 1])
def test_a_file_of_unknown_length_may_have_as_many_bytes_as_announced(stage: Stage, surplus: int) -> None:
    def answer(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Type: text/csv\r\n\r\n" + CONTENT + b"x" * surplus)
        handler.break_off()

    client, _ = stage.serve(answer)
    if surplus:
        refused = refusal(stage, client, delivery(CONTENT))
        assert (refused.rule_name, refused.details["found"]) == ("size_bytes", len(CONTENT) + 1)
    else:
        assert client.fetch(delivery(CONTENT), stage.store).size == len(CONTENT)


@pytest.mark.parametrize(
    ("status", "headers", "start", "size"),
    [
        (200, {"Content-Length": "0"}, 0, 0),
        (200, {"Content-Length": "9" * 18}, 0, 10**18 - 1),
        (200, {"Content-Length": "9" * 19}, 0, None),
        (200, {}, 0, None),
        (206, {"Content-Range": "bytes 5-9/10"}, 5, 10),
        (206, {"Content-Range": "bytes 5-9/*"}, 5, None),
        (416, {"Content-Range": "bytes */10"}, 5, 10),
        (206, {"Content-Range": "bytes 4-9/10"}, 5, "another part"),
        (206, {"Content-Range": "bytes 6-9/10"}, 5, "another part"),
        (206, {"Content-Range": f"bytes 5-9/{'9' * 19}"}, 5, "another part"),
        (206, {}, 5, "another part"),
    ],
)
def test_the_size_of_a_file_is_in_its_length_or_its_range(status: int, headers: dict[str, str], start: int, size: Any) -> None:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    if isinstance(size, str):
        with pytest.raises(GatewayUnavailableError, match=size):
            client_module._file_size(response, start)
    else:
        assert client_module._file_size(response, start) == size


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "ff02::1", "0.0.0.0", "::", "::ffff:169.254.1.1"])  # noqa: S104
def test_an_address_that_no_gateway_can_have_is_not_called(stage: Stage, address: str) -> None:
    class Opened:
        def fileno(self) -> int:
            return 1

        def getpeername(self) -> tuple[str, int]:
            return address, 443

    client, _ = stage.serve(failing(404))
    with pytest.raises(GatewayUnavailableError, match="no gateway can have"):
        client._connection._connected(Opened())  # type: ignore[arg-type]


def test_connections_that_are_closed_are_no_longer_kept(stage: Stage) -> None:
    class Opened:
        def __init__(self, number: int) -> None:
            self.number = number

        def fileno(self) -> int:
            return self.number

        def getpeername(self) -> tuple[str, int]:
            return "127.0.0.1", 443

    client, _ = stage.serve(failing(404))
    opened = [Opened(5), Opened(-1), Opened(0), Opened(6)]
    for one in opened:
        client._connection._connected(one)  # type: ignore[arg-type]
    assert client._connection._sockets == [opened[0], opened[2], opened[3]]
