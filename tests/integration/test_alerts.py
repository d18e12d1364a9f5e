"""Alerts, received by a mail server and a webhook of the test: each cause once, an escalation, an all-clear, and the digest."""

import email
import email.policy
import json
import socketserver
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import pytest
from labour_market.alerts import AlertNotSentError, SmtpNotifier, WebhookNotifier, notifiers, send_alerts, send_digest
from labour_market.alerts.causes import KINDS
from labour_market.alerts.mutes import Mute
from labour_market.cli import app
from labour_market.database import connect
from labour_market.errors import UsageError
from labour_market.ingestion.reconcile import Finding, Reconciliation
from labour_market.settings import PROJECT_ROOT, load_settings
from typer.testing import CliRunner

NOTHING = Reconciliation(0, 0, [], [], [], 0)
LOST = Reconciliation(0, 0, [Finding("lost_records", "lô 7 thiếu bản ghi", "employers", "794", "2023-06", 7)], [], [], 0)


class _Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs; keeps each message."""

    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (text := self.rfile.readline()) != b".\r\n":
                    lines.append(text.removeprefix(b"."))
                self.server.messages.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))  # type: ignore[attr-defined]
            answer = b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n"
            if verb == b"RCPT":
                refused = any(address in line for address in self.server.refused)  # type: ignore[attr-defined]
                answer = b"550 no\r\n" if refused else self.server.answer  # type: ignore[attr-defined]
            self.wfile.write(answer)
            if verb == b"QUIT":
                return


class _Post(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mail_server() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Mail) as server:
        server.messages, server.answer, server.refused = [], b"250 ok\r\n", set()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def webhook() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Post) as server:
        server.messages, server.status = [], 204  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def configured(mail_server, webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"smtp://127.0.0.1:{mail_server.server_address[1]}/?from=kho@example.vn&to=a@example.vn,b@example.vn"
    monkeypatch.setenv("LMW_ALERT_SMTP", address)
    monkeypatch.setenv("LMW_ALERT_WEBHOOK", f"http://127.0.0.1:{webhook.server_port}/hook")


@pytest.fixture
def loader(warehouse: str) -> Iterator[psycopg.Connection]:
    with connect("loader", autocommit=True) as connection:
        yield connection


def test_nothing_is_sent_or_kept_until_it_is_configured(loader, monkeypatch: pytest.MonkeyPatch) -> None:
    assert notifiers(load_settings()) == []
    assert send_alerts(LOST) == {"new": 0, "escalated": 0, "over": 0}
    assert loader.execute("select count(*) from ops.alert").fetchone() == (0,)
    assert CliRunner().invoke(app, ["alert"]).exit_code == 2


def test_a_cause_is_sent_once_then_escalated_once_then_over_once(loader, configured, mail_server, webhook) -> None:
    assert send_alerts(LOST) == {"new": 1, "escalated": 0, "over": 0}
    assert send_alerts(LOST) == {"new": 0, "escalated": 0, "over": 0}
    loader.execute("update ops.alert set opened_at = opened_at - interval '4 days'")
    assert send_alerts(LOST) == {"new": 0, "escalated": 1, "over": 0}
    assert send_alerts(LOST) == {"new": 0, "escalated": 0, "over": 0}
    assert send_alerts(NOTHING) == {"new": 0, "escalated": 0, "over": 1}
    assert send_alerts(NOTHING) == {"new": 0, "escalated": 0, "over": 0}
    assert send_alerts(LOST) == {"new": 1, "escalated": 0, "over": 0}, "it came back"
    mails = mail_server.messages
    assert [mail["subject"] for mail in mails] == ["[lmw] 1 new", "[lmw] 1 escalated", "[lmw] 1 over", "[lmw] 1 new"]
    assert [address.addr_spec for address in mails[0]["to"].addresses] == ["a@example.vn", "b@example.vn"]
    assert "lô 7 thiếu bản ghi" in mails[0].get_content() and "docs/runbook/finding.md" in mails[0].get_content()
    assert [message["subject"] for message in webhook.messages] == [mail["subject"] for mail in mails]
    assert webhook.messages[0]["text"].splitlines() == mails[0].get_content().splitlines()


BLOCKED = Finding("stuck", "lô 9 không đi tiếp", "employers", "803", "2023-06", 9)
BOTH = Reconciliation(0, 0, [*LOST.findings, BLOCKED], [], [], 0)


@pytest.fixture
def recipients(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A senders file in which 794 has two recipients, one of which is that of 803 too."""
    entry = "{code: '%s', name: x, base_url: 'https://a.vn', token: t, feeds: [employers], alerts: [%s]}"
    entries = [entry % ("794", "huyen794@example.vn, vung@example.vn"), entry % ("803", "vung@example.vn")]
    (tmp_path / "senders.yml").write_text("senders:\n" + "".join(f"- {line}\n" for line in entries), encoding="utf-8")
    monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))


def received(mail_server) -> dict[str, list[str]]:
    """The texts that each recipient got since the last call."""
    found: dict[str, list[str]] = {}
    for mail in mail_server.messages:
        for address in mail["to"].addresses:
            found.setdefault(address.addr_spec, []).append(mail.get_content())
    mail_server.messages.clear()
    return found


def test_the_recipients_of_a_sender_get_what_is_about_it_and_nothing_else(loader, configured, recipients, mail_server, webhook) -> None:
    assert send_alerts(BOTH)["new"] == 2
    got = received(mail_server)
    assert set(got) == {"a@example.vn", "b@example.vn", "huyen794@example.vn", "vung@example.vn"}
    assert {to: ("lô 7" in text, "lô 9" in text) for to, (text,) in got.items()} == {
        "a@example.vn": (True, True),
        "b@example.vn": (True, True),
        "huyen794@example.vn": (True, False),
        "vung@example.vn": (True, True),
    }
    assert len(webhook.messages) == 1
    assert send_alerts(LOST)["over"] == 1
    assert set(received(mail_server)) == {"a@example.vn", "b@example.vn", "vung@example.vn"}, "the end goes to those who got the beginning"


def test_a_recipient_that_is_not_accepted_keeps_nothing_from_the_others(loader, configured, recipients, mail_server) -> None:
    mail_server.refused.add(b"huyen794@example.vn")
    with pytest.raises(AlertNotSentError, match="recipients of 794 were not accepted") as caught:
        send_alerts(BOTH)
    assert "huyen794" not in str(caught.value)
    assert set(received(mail_server)) == {"a@example.vn", "b@example.vn", "vung@example.vn"}
    assert send_alerts(BOTH)["new"] == 0 and received(mail_server) == {}


def test_a_senders_file_that_is_broken_stops_no_alert(loader, configured, recipients, mail_server, tmp_path) -> None:
    (tmp_path / "senders.yml").write_text("senders: [", encoding="utf-8")
    assert send_alerts(LOST)["new"] == 1
    assert set(received(mail_server)) == {"a@example.vn", "b@example.vn"}


def muted(cause: str, until: str, because: str = "Tết") -> int:
    command = ["alert", "mute", cause, "--until", until, "--because", because, "--by", "Trần Văn An"]
    return CliRunner().invoke(app, command).exit_code


def test_a_muted_cause_is_sent_when_its_mute_ends_if_it_is_still_there(loader, configured, mail_server) -> None:
    assert muted("finding lost_records 7", "2999-01-01") == 0
    assert send_alerts(BOTH) == {"new": 1, "escalated": 0, "over": 0}
    assert "lô 7" not in mail_server.messages[0].get_content() and "finding stuck 9" in mail_server.messages[0].get_content()
    digest = send_digest()
    assert "finding lost_records 7, đến hết | until 2999-01-01, Trần Văn An: Tết" in digest
    loader.execute("update ops.alert_mute set until = (now() at time zone 'Asia/Ho_Chi_Minh')::date")
    assert send_alerts(BOTH)["new"] == 0, "the last day is a day of the mute"
    loader.execute("update ops.alert_mute set until = until - 1")
    assert send_alerts(BOTH) == {"new": 1, "escalated": 0, "over": 0}
    assert "lô 7" in mail_server.messages[-1].get_content()
    assert "muted" not in send_digest()


def test_a_cause_that_is_muted_while_it_is_open_is_silent_until_the_mute_ends(loader, configured, mail_server) -> None:
    send_alerts(BOTH)
    assert muted("finding", "2999-01-01") == 0
    loader.execute("update ops.alert set opened_at = opened_at - interval '4 days'")
    assert send_alerts(BOTH) == {"new": 0, "escalated": 0, "over": 0}
    assert send_alerts(LOST) == {"new": 0, "escalated": 0, "over": 0}, "what ends meanwhile is silent too"
    assert muted("finding", "2000-01-01", "xong") == 0
    assert send_alerts(LOST) == {"new": 1, "escalated": 0, "over": 0}
    assert len(mail_server.messages) == 2
    history = loader.execute("select cause, until::text, because, muted_by from ops.alert_mute order by mute_id").fetchall()
    assert history == [("finding", "2999-01-01", "Tết", "Trần Văn An"), ("finding", "2000-01-01", "xong", "Trần Văn An")]


@pytest.mark.parametrize(
    ("words", "covered"),
    [("missing", True), ("missing 80", False), ("missing 803", True), ("missing 803 employers", True), ("missing 803 employers x", False)],
)
def test_a_mute_covers_the_causes_that_begin_with_its_words(words: str, covered: bool) -> None:
    assert Mute(words, date(2999, 1, 1), "x", "x").covers("missing 803 employers") is covered


def test_a_mute_needs_a_cause_a_day_and_a_reason(loader) -> None:
    assert muted("nonsense 803", "2999-01-01") == 2
    assert muted("missing 803", "someday") == 2
    assert muted("missing 803", "2999-01-01", " ") == 2
    assert loader.execute("select count(*) from ops.alert_mute").fetchone() == (0,)


def test_a_message_that_was_not_accepted_is_sent_again(loader, configured, mail_server, webhook) -> None:
    webhook.status = 500
    with pytest.raises(AlertNotSentError, match="HTTP 500"):
        send_alerts(LOST)
    webhook.status = 204
    assert send_alerts(LOST)["new"] == 1
    mail_server.answer = b"550 no\r\n"
    with pytest.raises(AlertNotSentError, match="mail server"):
        send_alerts(NOTHING)


def test_gateways_missing_deliveries_and_blocked_batches_are_causes_with_a_page_each(loader, configured, mail_server) -> None:
    loader.execute(
        "insert into ops.gateway_request (feed, sender_code, listed_at, last_requested_at, failure)"
        " values ('employers', '795', now() - interval '399 days', now(), 'it answered HTTP 503')"
    )
    loader.execute(
        "insert into ops.batch (feed, sender_code, delivery_id, period, sequence, media_type, declared_records, declared_bytes,"
        " declared_sha256, delivery_created_at, state, reason_vi, reason_en)"
        " values ('employers', '794', 'x', '2023-06', 1, 'text/csv', 0, 0, '', now(), 'rejected', 'sai mẫu', 'wrong form')"
    )
    loader.execute("insert into ops.build (finished_at, up_to_event, partitions, succeeded) values (now(), 0, 0, false)")
    assert send_alerts(NOTHING)["new"] == 4
    text = mail_server.messages[0].get_content()
    for part in ("HTTP 503", "sai mẫu", "Thị xã Kiến Tường", "build 1 failed"):
        assert part in text
    pages = {path.stem for path in (PROJECT_ROOT / "docs" / "runbook").glob("*.md")}
    assert pages == set(KINDS)
    assert all(f"docs/runbook/{kind}.md" in text for kind in set(KINDS) - {"finding"})
    digest = send_digest()
    assert "sai mẫu" in digest and "HTTP 503" in digest and "employers rejected 1" in digest and "Dựng | build 1" in digest
    assert mail_server.messages[1].get_content().splitlines() == digest.splitlines()


def test_an_error_shows_neither_address_nor_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for notifier in (
        SmtpNotifier("smtp://user:secret@127.0.0.1:9/?from=a@b.vn&to=c@d.vn"),
        WebhookNotifier("http://127.0.0.1:9/secret"),
    ):
        with pytest.raises(AlertNotSentError) as caught:
            notifier.send("subject", "text")
        assert "secret" not in str(caught.value) + repr(notifier) and "127.0.0.1" not in str(caught.value)
    with pytest.raises(UsageError, match="LMW_ALERT_SMTP must be"):
        SmtpNotifier("mail.example.vn").send("subject", "text")
