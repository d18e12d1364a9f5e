"""Senders that hang, drip, are wrong or fail: each uses its own time, the others are loaded, and the state of each gateway is kept."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from labour_market.cli import app
from labour_market.database import connect
from labour_market.gateway import GatewayClient, GatewayUnavailableError, Sender, load_senders
from labour_market.ingestion import pulling
from labour_market.ingestion.pipeline import ingest
from labour_market.ingestion.pulling import pull, record_senders
from labour_market.ingestion.reconcile import reconcile
from labour_market.settings import load_settings
from labour_market.site import render
from typer.testing import CliRunner

from tests.unit.test_gateway import TOKEN, Answer, Handler, Script, announced, body, dripping, endless_list, page

FILE = b"a,b\n1,2\n"
GOOD = body(FILE)
LOGIN = body(b"<html>login</html>", "text/html")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses between tries, and little time for each sender."""
    monkeypatch.setattr(pulling, "GatewayClient", partial(GatewayClient, pause=0.01, tries=2))
    monkeypatch.setenv("LMW_SENDER_SECONDS", "2")


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serves a list, and the file of each delivery; gives the base URL."""
    scripts: list[Script] = []

    def start(listing: Answer, files: Answer | dict[str, Answer] = GOOD) -> str:
        def answer(handler: Handler) -> None:
            parts = handler.path.partition("?")[0].split("/")
            if parts[-1] == "deliveries":
                listing(handler)
            else:
                (files if callable(files) else files[parts[-2]])(handler)

        script = Script(answer)
        threading.Thread(target=script.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        scripts.append(script)
        return f"http://127.0.0.1:{script.server_port}"

    yield start
    for script in scripts:
        script.shutdown()
        script.server_close()


@pytest.fixture
def loader(warehouse: str) -> Iterator[psycopg.Connection]:
    with connect("loader", autocommit=True) as connection:
        yield connection


def sender(code: str, url: str, *feeds: str) -> Sender:
    return Sender(code, code, url, TOKEN, feeds or ("employers",))


def listed(code: str, *ids: str) -> Answer:
    return page("items", [announced(FILE, sender_code=code, delivery_id=f"{code}-{i}", sequence=n) for n, i in enumerate(ids or "1", 1)])


def states(connection: psycopg.Connection) -> dict[str, str]:
    return dict(connection.execute("select delivery_id, state from ops.batch order by 1").fetchall())


def requests(connection: psycopg.Connection) -> dict[str, tuple[bool, str | None]]:
    """Of each sender: whether it ever answered, and the failure."""
    rows = connection.execute("select sender_code, last_answered_at is not null, failure from ops.gateway_request order by 1")
    return {code: (answered, failure) for code, answered, failure in rows}


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
FILE_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 8\r\n\r\n"


@pytest.mark.parametrize(
    ("listing", "file"),
    [
        (lambda handler: time.sleep(20), LOGIN),
        (dripping(b" " * 1_000, 0.1, HEAD), LOGIN),
        (endless_list(), LOGIN),
        (listed("795", *"123456"), lambda handler: time.sleep(20)),
        (listed("795", *"123456"), dripping(b"a,b\n1,2\n", 1.5, FILE_HEAD)),
    ],
    ids=["silence", "a list that drips", "a list without end", "deliveries that hang", "deliveries that drip"],
)
def test_a_sender_that_does_not_end_uses_its_own_time_and_nothing_else(serve, loader, listing: Answer, file: Answer) -> None:
    slow = sender("795", serve(listing, file))
    others = [sender(code, serve(listed(code))) for code in ("794", "796")]
    started = time.monotonic()
    _, unreachable = ingest([slow, *others], ["employers"])
    assert time.monotonic() - started < 8
    assert [sentence.partition(":")[0] for sentence in unreachable] == ["employers 795"]
    assert {d: s for d, s in states(loader).items() if d.startswith(("794", "796"))} == {"794-1": "rejected", "796-1": "rejected"}
    assert requests(loader)["794"] == (True, None)
    answered, failure = requests(loader)["795"]
    assert not answered and failure


def test_all_senders_are_requested_at_the_same_time(serve, loader) -> None:
    """Each gateway answers only when all five have been requested."""
    together = threading.Barrier(5, timeout=10)

    def answer(handler: Handler) -> None:
        together.wait()
        page("items", [])(handler)

    _, unreachable = ingest([sender(str(code), serve(answer)) for code in range(794, 799)], ["employers"])
    assert unreachable == []


def test_the_lines_of_a_night_are_in_the_order_of_feeds_and_senders(serve, loader) -> None:
    def late(handler: Handler) -> None:
        time.sleep(0.5)
        page("items", [])(handler)

    lines: list[str] = []
    senders = [sender("794", serve(late), "employers", "job_orders"), sender("795", serve(page("items", [])), "job_orders", "employers")]
    ingest(senders, ["employers", "job_orders"], progress=lines.append)
    expected = [(feed, place) for feed in ("employers", "job_orders") for place in ("794", "795", "nothing")]
    assert [tuple(line.split()[:2]) for line in lines] == expected


def test_the_time_of_a_sender_is_divided_among_its_feeds(serve, loader) -> None:
    slow = sender("795", serve(lambda handler: time.sleep(20)), "employers", "job_orders", "labour_survey", "fair_sessions")
    started = time.monotonic()
    _, unreachable = ingest([slow], slow.feeds)
    assert time.monotonic() - started < 5
    assert len(unreachable) == 4


def test_a_delivery_that_hangs_each_night_does_not_keep_the_others_of_its_sender(serve, loader) -> None:
    one = sender("795", serve(listed("795", "1", "2"), {"795-1": lambda handler: time.sleep(20), "795-2": GOOD}))
    for _ in range(2):
        ingest([one], ["employers"])
    assert states(loader) == {"795-1": "discovered", "795-2": "rejected"}


def test_an_internal_error_of_one_sender_is_no_error_of_the_others(serve, loader, monkeypatch, caplog) -> None:
    listing, name = GatewayClient.deliveries, "Nguyễn Thị Đào"

    def broken(self: GatewayClient, *arguments: Any, **options: Any) -> Any:
        if self.sender.code == "795":
            raise KeyError(name)
        return listing(self, *arguments, **options)

    monkeypatch.setattr(GatewayClient, "deliveries", broken)
    senders = [sender(code, serve(listed(code))) for code in ("794", "795", "796")]
    _, unreachable = ingest(senders, ["employers"])
    assert unreachable == ["employers 795: internal error: KeyError"]
    assert states(loader) == {"794-1": "rejected", "796-1": "rejected"}
    assert "in broken" in caplog.text and "Đào" not in caplog.text


# ---- the senders file, through the command


def entry(code: str, url: str, **changes: Any) -> dict[str, Any]:
    return {"code": code, "name": code, "base_url": url, "token": TOKEN, "feeds": ["employers"], **changes}


@pytest.fixture
def senders_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def write(*entries: Any) -> None:
        (tmp_path / "senders.yml").write_text(yaml.safe_dump({"senders": list(entries)}), encoding="utf-8")

    monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))
    return write


@pytest.mark.parametrize(
    "changes",
    [{"token": "env:NO_SUCH_TOKEN"}, {"base_url": "ftp://a.vn"}, {"feeds": "employers"}, {"name": None}, {"token": 7}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_wrong_entry_is_a_sender_that_was_not_reached_and_the_others_are_loaded(serve, loader, senders_file, changes) -> None:
    senders_file(entry("794", serve(listed("794"))), entry("795", "http://127.0.0.1:9", **changes), entry("796", serve(listed("796"))))
    done = CliRunner().invoke(app, ["ingest", "--feed", "employers"])
    assert done.exit_code == 1
    assert states(loader) == {"794-1": "rejected", "796-1": "rejected"}
    (sentence,) = [line for line in done.output.splitlines() if line.startswith("lmw:")]
    assert sentence.startswith("lmw: employers 795: ") and next(iter(changes)).split("_")[0] in sentence.replace("TOKEN", "token")
    answered, failure = requests(loader)["795"]
    assert not answered and failure and failure in sentence


@pytest.mark.parametrize(
    "entries", [[], [entry("SC", "http://127.0.0.1:9", feeds=["placements"])]], ids=["no entry", "no entry of the feed"]
)
def test_a_command_that_requests_no_sender_fails(loader, senders_file, entries) -> None:
    senders_file(*entries)
    assert CliRunner().invoke(app, ["ingest", "--feed", "employers"]).exit_code == 2


def test_a_broken_senders_file_is_a_finding_and_hides_no_other(serve, loader, senders_file, tmp_path: Path) -> None:
    senders_file(entry("794", serve(listed("794"))))
    pull("employers", load_senders(load_settings().senders_file)[0])
    for path in (tmp_path / "landing").rglob("*"):
        if path.is_file():
            path.unlink()
    (tmp_path / "senders.yml").write_text("senders: [", encoding="utf-8")
    assert {finding.kind for finding in reconcile().findings} == {"senders_file", "missing_bytes"}


# ---- a delivery that cannot be fetched


def nights_pass(connection: psycopg.Connection) -> None:
    """Everything so far happened a day earlier."""
    connection.execute("update ops.batch_event set at = at - interval '1 day'")
    connection.execute("update ops.batch set discovered_at = discovered_at - interval '1 day'")


def test_a_delivery_that_always_answers_with_a_login_page_becomes_a_finding_with_a_remedy(serve, loader) -> None:
    files = {"795-1": LOGIN, "795-2": GOOD}
    one = sender("795", serve(listed("795", "1", "2"), files))
    for night in range(1, 4):
        nights_pass(loader)
        for _ in range(2):  # tries of one night are one night
            ingest([one], ["employers"])
        found = reconcile().findings
        assert [finding.kind for finding in found] == (["not_fetched"] if night == 3 else [])
    assert states(loader) == {"795-1": "discovered", "795-2": "rejected"}
    (finding,) = found
    assert finding.sender_code == "795" and "3 nights" in finding.detail and "Đề nghị đơn vị gửi" in finding.detail
    assert "a web page in place of the file" in finding.detail
    tries = loader.execute("select count(*) from ops.batch_event where detail ? 'not_fetched'").fetchone()
    assert tries == (6,)
    files["795-1"] = GOOD
    ingest([one], ["employers"])
    assert states(loader)["795-1"] != "discovered"
    assert reconcile().findings == []


# ---- the state of each gateway


def test_the_state_of_each_gateway_is_in_bi_without_addresses_or_tokens(serve, loader) -> None:
    urls = {"794": serve(listed("794")), "795": serve(body(b"{}", "application/json", 503)), "796": serve(page("items", []))}
    senders = [sender(code, url) for code, url in urls.items()]
    record_senders([*senders, sender("797", "http://127.0.0.1:9"), sender("799", "http://127.0.0.1:9", "job_orders")], ["employers"])
    ingest(senders, ["employers"])
    loader.execute("update ops.gateway_request set last_requested_at = now() - interval '31 hours' where sender_code = '796'")
    with connect("bi_reader") as reader:
        rows = reader.execute("select * from bi.sender_gateways order by sender_code").fetchall()
        found = {row[1]: (row[2], row[3], row[-1]) for row in rows}
    assert found["794"] == ("Thành phố Tân An", "answered", None)
    assert found["795"][1] == "failing" and "HTTP 503" in found["795"][2]
    assert found["796"][1] == "not_requested" and found["797"][1] == "not_requested"
    assert set(found) == {"794", "795", "796", "797"}
    assert not any(secret in str(rows) for secret in (TOKEN, "127.0.0.1", "http:"))


def test_a_sender_that_fails_again_keeps_the_time_of_its_first_failure(serve, loader) -> None:
    answers = [body(b"{}", "application/json", 401)]

    def answer(handler: Handler) -> None:
        answers[0](handler)

    one = sender("795", serve(answer))
    since = []
    for _ in range(2):
        ingest([one], ["employers"])
        since.append(loader.execute("select failing_since from ops.gateway_request").fetchone())
    assert since[0] == since[1] != (None,)
    answers[0] = page("items", [])
    ingest([one], ["employers"])
    assert loader.execute("select failing_since, failure from ops.gateway_request").fetchone() == (None, None)


def test_a_sender_that_left_the_senders_file_is_no_longer_shown(loader) -> None:
    here, gone = sender("794", "http://127.0.0.1:9"), sender("#2", "http://127.0.0.1:9", "employers", "job_orders")
    record_senders([here, gone], ["employers", "job_orders"])
    record_senders([here], ["employers"])
    rows = loader.execute("select feed, sender_code from ops.gateway_request order by 1").fetchall()
    assert rows == [("employers", "794"), ("job_orders", "#2")]


def test_the_status_shows_each_gateway(serve, loader, senders_file) -> None:
    senders_file(entry("794", serve(listed("794"))), entry("795", "http://127.0.0.1:9", token="env:NO_SUCH_TOKEN"))
    CliRunner().invoke(app, ["ingest", "--feed", "employers"])
    printed = CliRunner().invoke(app, ["status"]).output
    assert "answered" in printed and "NO_SUCH_TOKEN" in printed and TOKEN not in printed


def test_the_page_has_each_gateway_and_what_is_due_and_not_there(loader) -> None:
    record_senders([sender("794", "http://127.0.0.1:9")], ["employers"])
    with pytest.raises(GatewayUnavailableError):
        pull("employers", sender("794", "http://127.0.0.1:9"))
    loader.execute("update ops.gateway_request set listed_at = now() - interval '399 days'")
    text = render().read_text(encoding="utf-8")
    gateways, due = (text.partition(f'<table id="{name}">')[2].partition("</table>")[0] for name in ("sender-gateways", "due-deliveries"))
    assert "Tân An" in gateways and "không nhận được | failing" in gateways and "connection failed" in gateways
    assert "employers" in due and "còn thiếu | missing" in due
