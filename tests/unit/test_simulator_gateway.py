"""The simulated gateways keep the contract of the district gateway, and have faults only on request."""

import hashlib
import http.client
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import yaml
from simulator import Fault, Gateway, build_province, latest, serve

Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    return build_province(tmp_path_factory.mktemp("province"), scale=0.05)


@pytest.fixture
def gateway(province) -> Iterator[Gateway]:
    with serve(province) as running:
        yield running


def request(gateway: Gateway, path: str, token: str | None = None, method: str = "GET", body: Any = None, **headers: str) -> Answer:
    """Status, headers (in lower case) and body; the token is the right one for the path unless another is given."""
    url = urlsplit(gateway.base_url)
    if token is None:
        token = next((s["token"] for s in gateway.senders if f"/districts/{s['code']}/" in path), "")
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Authorization": f"Bearer {token}", **headers})
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def page(gateway: Gateway, path: str) -> dict[str, Any]:
    status, _, body = request(gateway, path)
    assert status == 200, body
    return json.loads(body)


def listing(gateway: Gateway, sender: str, feed: str, **query: Any) -> list[dict[str, Any]]:
    """Every delivery of a feed, page by page."""
    items, cursor = [], ""
    while cursor is not None:
        extra = "".join(f"&{name}={quote(str(value))}" for name, value in query.items())
        found = page(gateway, f"/districts/{sender}/v1/deliveries?feed={feed}{extra}" + (f"&cursor={cursor}" if cursor else ""))
        items += found["items"]
        cursor = found["next_cursor"]
    return items


NONSENSE = ("limit=0", "limit=501", "limit=x", "cursor=é", "created_after=yesterday")


def test_health_needs_no_token(gateway):
    assert request(gateway, "/districts/803/v1/health", token="nonsense")[0] == 200


@pytest.mark.parametrize("token", ("", "nonsense"))
def test_a_wrong_token_is_refused_with_a_problem_document(gateway, token):
    status, headers, body = request(gateway, "/districts/803/v1/deliveries?feed=employers", token=token)
    assert (status, headers["content-type"], headers["www-authenticate"]) == (401, "application/problem+json", "Bearer")
    assert json.loads(body).keys() >= {"type", "title", "detail"}


def test_the_token_of_one_office_is_refused_by_another(gateway):
    other = next(s["token"] for s in gateway.senders if s["code"] == "794")
    assert request(gateway, "/districts/803/v1/deliveries?feed=employers", token=other)[0] == 401


@pytest.mark.parametrize(
    "path",
    (
        "/districts/999/v1/health",
        "/districts/803/v2/health",
        "/districts/803/v1/nothing",
        "/districts/803/v1/deliveries/none/file",
        "/districts/803/v1/deliveries/794-employers-2023-06-1/file",
        "/districts/803/v1/deliveries/803-employers-2023-06-1/records",
        "/districts/803/v1/deliveries/803-labour_survey-2022-1/file",
        "/",
    ),
)
def test_an_unknown_path_is_a_404_with_a_problem_document(gateway, path):
    status, headers, body = request(gateway, path)
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert json.loads(body)["detail"]


@pytest.mark.parametrize("query", ("", "feed=nonsense", *(f"feed=employers&{extra}" for extra in NONSENSE)))
def test_an_impossible_query_is_a_400(gateway, query):
    assert request(gateway, f"/districts/803/v1/deliveries?{quote(query, safe='=&')}")[0] == 400


def test_every_delivery_is_listed_oldest_first_with_the_fields_of_the_contract(gateway, province):
    required = {"delivery_id", "feed", "sender_code", "period", "sequence", "status"}
    required |= {"media_type", "record_count", "size_bytes", "sha256", "created_at"}
    found = []
    for sender in gateway.senders:
        for feed in sender["feeds"]:
            items = listing(gateway, sender["code"], feed)
            assert [i["created_at"] for i in items] == sorted(i["created_at"] for i in items)
            assert all(required <= item.keys() and item["sender_code"] == sender["code"] for item in items)
            found += items
    assert sorted(i["delivery_id"] for i in found) == sorted(d.announcement["delivery_id"] for d in province.deliveries)


def test_deliveries_come_in_pages_of_the_requested_size(gateway):
    complete = listing(gateway, "806", "job_orders")
    assert len(complete) == 2
    assert listing(gateway, "806", "job_orders", limit=1) == complete
    assert len(page(gateway, "/districts/806/v1/deliveries?feed=job_orders&limit=1")["items"]) == 1
    assert page(gateway, "/districts/806/v1/deliveries?feed=job_orders&limit=2")["next_cursor"] is None


def test_deliveries_are_filtered_by_period_and_by_when_they_were_made(gateway):
    assert [d["period"] for d in listing(gateway, "803", "job_orders")] == ["2023-06-13", "2023-06-14"]
    assert [d["period"] for d in listing(gateway, "803", "job_orders", period="2023-06-14")] == ["2023-06-14"]
    first, second = listing(gateway, "806", "job_orders")
    assert listing(gateway, "806", "job_orders", created_after=first["created_at"]) == [second]
    assert listing(gateway, "806", "job_orders", created_after=second["created_at"]) == []


def test_a_draft_is_listed_as_one(gateway):
    assert [d["status"] for d in listing(gateway, "808", "labour_survey")] == ["final", "draft"]


@pytest.mark.parametrize("limit", (1, 7, 1000, 5000))
def test_the_pages_of_records_make_up_the_announced_content(gateway, province, limit):
    announced = latest(province, "labour_survey", "808").announcement
    records, cursor, pages = [], "", 0
    while cursor is not None:
        extra = f"&cursor={cursor}" if cursor else ""
        found = page(gateway, f"/districts/808/v1/deliveries/{announced['delivery_id']}/records?limit={limit}{extra}")
        assert 0 < len(found["records"]) <= limit
        records, cursor, pages = records + found["records"], found["next_cursor"], pages + 1
    canonical = "".join(json.dumps(r, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for r in records).encode()
    assert len(records) == announced["record_count"]
    assert len(canonical) == announced["size_bytes"]
    assert hashlib.sha256(canonical).hexdigest() == announced["sha256"]
    assert pages == -(-len(records) // limit)


def test_an_empty_delivery_has_one_empty_page(gateway):
    found = page(gateway, "/districts/801/v1/deliveries/801-fair_sessions-2023-06-2/records")
    assert found == {"records": [], "next_cursor": None}


FILE = "/districts/803/v1/deliveries/803-employers-2023-06-1/file"


def test_a_file_comes_as_announced(gateway, province):
    announced = latest(province, "employers", "803").announcement
    status, headers, body = request(gateway, FILE)
    assert (status, headers["content-type"], headers["accept-ranges"]) == (200, announced["media_type"], "bytes")
    assert (len(body), hashlib.sha256(body).hexdigest()) == (announced["size_bytes"], announced["sha256"])


def test_a_download_can_be_resumed_from_any_byte(gateway):
    complete = request(gateway, FILE)[2]
    size = len(complete)
    for requested, first, last in (
        (f"bytes={size - 10}-", size - 10, size - 1),
        ("bytes=0-0", 0, 0),
        ("bytes=-5", size - 5, size - 1),
    ):
        status, headers, body = request(gateway, FILE, Range=requested)
        assert (status, body) == (206, complete[first : last + 1])
        assert headers["content-range"] == f"bytes {first}-{last}/{size}"
    assert request(gateway, FILE, Range=f"bytes={size}-")[0] == 416
    assert request(gateway, FILE, Range="lines=1-2")[0] == 200


def test_a_range_of_another_content_gets_the_full_content(gateway):
    _, headers, complete = request(gateway, FILE)
    assert request(gateway, FILE, **{"Range": "bytes=5-", "If-Range": '"another"'})[::2] == (200, complete)
    assert request(gateway, FILE, **{"Range": "bytes=5-", "If-Range": headers["etag"]})[::2] == (206, complete[5:])


LIST = "/districts/803/v1/deliveries?feed=employers"


@pytest.mark.parametrize("kind", ("503", "429"))
def test_a_refusal_has_a_retry_time_and_ends_after_its_number_of_responses(gateway, kind):
    gateway.set_faults({"kind": kind, "sender": "803", "times": 2, "seconds": 7})
    for _ in range(2):
        status, headers, _ = request(gateway, LIST)
        assert (status, headers["retry-after"]) == (int(kind), "7")
    assert request(gateway, LIST)[0] == 200
    assert gateway.faults()[0]["spoilt"] == 2


def test_a_fault_touches_only_its_sender_and_path(gateway):
    gateway.set_faults(Fault("503", sender="803", path="/file$", times=None))
    assert request(gateway, LIST)[0] == 200
    assert request(gateway, FILE.replace("803", "806"))[0] == 200
    assert [request(gateway, FILE)[0] for _ in range(3)] == [503, 503, 503]
    gateway.set_faults()
    assert request(gateway, FILE)[0] == 200


def test_a_cut_body_is_shorter_than_its_content_length(gateway):
    gateway.set_faults({"kind": "cut", "path": "/file"})
    with pytest.raises(http.client.IncompleteRead) as cut:
        request(gateway, FILE)
    assert 0 < len(cut.value.partial) < cut.value.expected + len(cut.value.partial)
    assert request(gateway, FILE)[0] == 200


def test_a_body_with_a_short_length_looks_complete(gateway):
    complete = request(gateway, FILE)[2]
    gateway.set_faults({"kind": "short_length"})
    status, headers, body = request(gateway, FILE)
    assert (status, int(headers["content-length"])) == (200, len(body))
    assert body == complete[: len(complete) // 2]


def test_html_comes_in_place_of_data_with_status_200(gateway):
    gateway.set_faults({"kind": "html", "path": "deliveries"})
    status, headers, body = request(gateway, LIST)
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert body.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize("kind", ("slow", "drip"))
def test_a_slow_answer_is_slow_and_complete(gateway, kind):
    gateway.set_faults({"kind": kind, "seconds": 0.3})
    started = time.monotonic()
    status, _, body = request(gateway, LIST)
    assert time.monotonic() - started >= 0.28
    assert (status, body) == (200, request(gateway, LIST)[2])


@pytest.mark.parametrize("wrong", ({"kind": "fire"}, {"kind": "503", "path": "("}, {"kind": "503", "colour": "red"}, {}))
def test_an_impossible_fault_is_refused(gateway, wrong):
    with pytest.raises((ValueError, TypeError, re.error)):
        gateway.set_faults(wrong)
    status, _, _ = request(gateway, "/_control/faults", method="PUT", body=[wrong])
    assert status == 400
    assert gateway.faults() == []


def test_faults_can_be_set_over_http(gateway):
    status, _, body = request(gateway, "/_control/faults", method="PUT", body=[{"kind": "503", "sender": "803"}])
    assert (status, json.loads(body)[0]["kind"]) == (200, "503")
    assert request(gateway, LIST)[0] == 503
    assert json.loads(request(gateway, "/_control/faults")[2])[0]["spoilt"] == 1
    assert request(gateway, "/_control/faults", method="PUT", body=[])[0] == 200
    assert request(gateway, LIST)[0] == 200


def test_a_web_page_of_another_name_cannot_reach_the_controls(gateway):
    assert request(gateway, "/_control/faults", method="PUT", body=[], Host="evil.example")[0] == 403


def test_only_the_controls_can_be_written_to(gateway):
    assert request(gateway, LIST, method="PUT", body=[])[0] == 404
    assert request(gateway, "/_control/other", method="POST", body={})[0] == 404


def test_a_delivery_can_be_added_while_the_gateway_runs(gateway):
    order = {"order_no": "VL99999", "title": "Thợ hàn"}
    first = gateway.add_delivery("job_orders", "803", "2023-06-15", [order])
    status, _, body = request(
        gateway,
        "/_control/deliveries",
        method="POST",
        body={"feed": "job_orders", "sender": "803", "period": "2023-06-15", "records": [], "sequence": 2, "supersedes": first},
    )
    assert status == 201
    added = listing(gateway, "803", "job_orders", period="2023-06-15")
    assert [d["delivery_id"] for d in added] == [first, json.loads(body)["delivery_id"]]
    assert [d["record_count"] for d in added] == [1, 0]
    assert page(gateway, f"/districts/803/v1/deliveries/{first}/records")["records"] == [order]


def test_an_added_delivery_may_have_a_wrong_announcement_and_any_bytes(gateway):
    untrue = {"record_count": 5, "sha256": "0" * 64}
    lie = gateway.add_delivery("employers", "803", "2023-07", [], media_type="application/x-ndjson", payload=b"\xff\xfe", **untrue)
    announced = listing(gateway, "803", "employers", period="2023-07")[0]
    assert (announced["delivery_id"], announced["record_count"], announced["sha256"]) == (lie, 5, "0" * 64)
    assert request(gateway, f"/districts/803/v1/deliveries/{lie}/file")[2] == b"\xff\xfe"


def test_a_form_can_be_added_too(gateway, province):
    records = [json.loads(line) for line in latest(province, "labour_survey", "808").payload.read_text("utf-8").splitlines()[:5]]
    added = gateway.add_delivery("labour_survey", "808", "2023", records, media_type="text/csv", form="csv-a")
    body = request(gateway, f"/districts/808/v1/deliveries/{added}/file")[2]
    assert len(body.decode().splitlines()) == 6
    assert listing(gateway, "808", "labour_survey", period="2023")[0]["form_version"] == "TT01-2022/csv-a"


def test_one_connection_serves_many_requests_without_delay(gateway):
    url = urlsplit(gateway.base_url)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    started = time.monotonic()
    for _ in range(50):
        connection.request("GET", "/districts/803/v1/health")
        assert connection.getresponse().read() == b'{"status":"ok"}'
    connection.close()
    assert time.monotonic() - started < 1.5, "40 ms each would be the delayed acknowledgement of a split answer"


def test_the_senders_file_has_the_agreed_format_and_is_private(gateway, tmp_path):
    path = tmp_path / "senders.yml"
    gateway.write_senders(path)
    gateway.write_senders(path)
    assert path.stat().st_mode & 0o777 == 0o600
    senders = yaml.safe_load(path.read_text(encoding="utf-8"))["senders"]
    assert [s["code"] for s in senders] == sorted([*map(str, range(794, 809)), "SC", "DOLISA"])
    assert all(set(s) == {"code", "name", "base_url", "token", "feeds"} for s in senders)
    assert len({s["token"] for s in senders}) == 17
    assert senders[0]["name"] == "TP Tân An"


def test_a_closed_gateway_does_not_answer(province):
    gateway = serve(province)
    gateway.close()
    gateway.close()
    with pytest.raises(ConnectionRefusedError):
        request(gateway, "/districts/803/v1/health")
