"""An error in one batch, of whatever kind, ends that batch and no other."""

import os
import signal
import sys
from functools import partial
from pathlib import Path

import psycopg
import pytest
from labour_market.batches.ledger import batch_history
from labour_market.cli import app
from labour_market.database import connect
from labour_market.errors import LabourMarketError, UsageError
from labour_market.gateway import GatewayClient, load_senders
from labour_market.ingestion import loading, pulling
from labour_market.ingestion.loading import load
from labour_market.ingestion.pipeline import ingest
from labour_market.ingestion.pulling import pull
from labour_market.ingestion.reader import Limits, Reader, ReaderNotStartedError
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.replay import replay
from labour_market.local_stack import demonstration
from labour_market.quality import gate
from labour_market.settings import load_settings
from landed import XLSX, land
from psycopg import sql
from rich.console import Console
from simulator import Gateway, Province, build_province, serve
from typer.testing import CliRunner

from tests.fixtures.hostile_workbooks import HOSTILE

CLEAN = ("794", "795", "804")


@pytest.fixture(scope="module")
def province(tmp_path_factory) -> Province:
    return build_province(tmp_path_factory.mktemp("province"), senders=[*CLEAN, "803"], scale=0.03, scenario="clean")


@pytest.fixture
def loader(warehouse):
    with connect("loader", autocommit=True) as connection:
        yield connection


@pytest.fixture
def gateway(province, warehouse, monkeypatch, tmp_path) -> Gateway:
    with serve(province) as served:
        served.write_senders(tmp_path / "senders.yml")
        monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))
        yield served


def land_clean(connection, province, feed="employers", codes=CLEAN):
    """The clean deliveries of some senders for a feed, landed; returns the ids of their batches."""
    landed = []
    for delivery in province.deliveries:
        announced = delivery.announcement
        if announced["feed"] == feed and announced["sender_code"] in codes:
            kept = ("feed", "sender_code", "period", "sequence", "form_version", "media_type", "encoding")
            columns = {name: announced[name] for name in kept}
            landed.append(land(connection, delivery.payload.read_bytes(), declared_records=announced["record_count"], **columns))
    return landed


def states(connection):
    return dict(connection.execute("select batch_id, state from ops.batch").fetchall())


def moves(connection, batch_id):
    return [event["to_state"] for event in batch_history(connection, batch_id)[1]]


def hostile(connection, name):
    return land(connection, HOSTILE[name](), media_type=XLSX, form_version="TT01-2022/xlsx-a")


def test_a_delivery_that_crashes_the_reader_twice_is_rejected_and_the_others_are_published(loader, province, monkeypatch):
    first, *others = land_clean(loader, province)

    class Crashing(Reader):
        def read(self, contract, batch):
            if batch.batch_id == first:
                self._await_ready()
                os.kill(self._process.pid, signal.SIGABRT)
            return super().read(contract, batch)

    monkeypatch.setattr(loading, "Reader", Crashing)
    report = load("employers")
    assert states(loader) == {first: "rejected", **dict.fromkeys(others, "published")} and len(others) == 2
    assert report.errors == {}
    assert moves(loader, first) == ["discovered", "landed", "failed", "rejected"]
    row, _ = batch_history(loader, first)
    assert row["reason_rule"] == "employers.file.reader_died"
    assert "không đọc được tệp sau hai lần thử" in row["reason_vi"] and "gửi lại" in row["remedy_vi"]


@pytest.mark.parametrize(
    ("limits", "cause"),
    [(Limits(patience=0.0), "đọc tệp quá lâu"), (Limits(memory=300 * 2**20, memory_per_byte=0), "sau hai lần thử")],
)
def test_a_file_that_takes_too_much_time_or_memory_ends_with_its_batch(limits, cause, loader, province, monkeypatch):
    lines = b"".join(b'{"employer_no": "%d", "name": "%s"}\n' % (n, b"x" * 900) for n in range(100_000))
    bad = land(loader, lines, declared_records=100_000)
    with monkeypatch.context() as patch:
        patch.setattr(loading, "Reader", partial(Reader, limits=limits))
        load("employers")
    good = land_clean(loader, province, codes=["794"])[0]
    load("employers")
    assert states(loader) == {bad: "rejected", good: "published"}
    assert cause in batch_history(loader, bad)[0]["reason_vi"]


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_workbook_is_rejected_and_the_others_are_published(name, loader, province):
    bad, good = hostile(loader, name), land_clean(loader, province, codes=["794"])[0]
    assert load("employers").errors == {}
    assert states(loader) == {bad: "rejected", good: "published"}


def test_the_cells_of_a_workbook_are_counted_before_they_are_made(loader):
    batch = hostile(loader, "wide_rectangle")
    load("employers")
    assert batch_history(loader, batch)[0]["reason_rule"] == "employers.file.too_large"
    assert moves(loader, batch) == ["discovered", "landed", "rejected"], "the reader did not die of it"


def test_a_process_that_cannot_start_rejects_no_delivery(loader, province, monkeypatch):
    batches = land_clean(loader, province, codes=["794", "795"])
    with monkeypatch.context() as patch, pytest.raises(ReaderNotStartedError):
        patch.setattr(sys, "executable", "/bin/false")
        load("employers")
    assert states(loader) == dict.fromkeys(batches, "landed")
    load("employers")
    assert states(loader) == dict.fromkeys(batches, "published")


def test_the_process_that_reads_ends_with_its_load(loader, province):
    land_clean(loader, province, codes=["794"])
    load("employers")
    children = Path("/proc/self/task").glob("*/children")
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for file in children for pid in file.read_text().split()]
    assert not [command for command in commands if b"ingestion.reader" in command]


def test_a_pull_leaves_a_batch_that_another_pull_has_taken_to_it(gateway, loader, monkeypatch):
    (sender,) = (found for found in load_senders(load_settings().senders_file) if found.code == "794")
    land_batch = pulling._land

    def land_after_another_pull(*arguments):
        monkeypatch.setattr(pulling, "_land", land_batch)
        assert len(pull("employers", sender)) == 1
        return land_batch(*arguments)

    monkeypatch.setattr(pulling, "_land", land_after_another_pull)
    assert pull("employers", sender) == []
    assert list(states(loader).values()) == ["landed"]


def test_landed_bytes_that_are_gone_fail_their_batch_alone(loader, province):
    batches = land_clean(loader, province)
    file = Path(loader.execute("select landing_path from ops.batch where batch_id = %s", [batches[1]]).fetchone()[0])
    kept = file.read_bytes()
    file.unlink()
    report = load("employers")
    assert states(loader) == {**dict.fromkeys(batches, "published"), batches[1]: "failed"}
    assert report.errors == {batches[1]: "ReadingError: FileNotFoundError: No such file or directory"}
    assert "reader.py" in batch_history(loader, batches[1])[1][-1]["detail"]["traceback"]
    file.write_bytes(kept)
    assert load("employers").errors == {}
    assert states(loader) == dict.fromkeys(batches, "published"), "a failed batch is loaded again"


def test_an_audit_that_fails_for_one_batch_is_made_again_without_it(loader, province, monkeypatch):
    batches = land_clean(loader, province)
    bad = land_clean(loader, province, codes=["803"])[0]
    made, value = gate.audit, "1" + 18 * "0"

    def audit(connection, contract, audited, attempts, table):
        if bad in {batch.batch_id for batch in audited}:
            raise psycopg.errors.NumericValueOutOfRange(f"bigint out of range: {value}")
        return made(connection, contract, audited, attempts, table)

    monkeypatch.setattr(gate, "audit", audit)
    report = load("employers")
    assert states(loader) == {**dict.fromkeys(batches, "published"), bad: "failed"}
    assert list(report.errors) == [bad]
    detail = batch_history(loader, bad)[1][-1]["detail"]
    assert "NumericValueOutOfRange" in detail["error"] and "gate.audit" not in detail["error"]
    assert "test_isolation.py" in detail["traceback"] and value not in str(detail)


def test_a_publication_that_the_server_refuses_fails_its_batch_alone(loader, province):
    batches = land_clean(loader, province)
    bad = land_clean(loader, province, codes=["803"])[0]
    loader.execute("alter table core.employers add constraint none_of_803 check (sender_code <> '803')")
    report = load("employers")
    assert states(loader) == {**dict.fromkeys(batches, "published"), bad: "failed"}
    assert "none_of_803" in report.errors[bad]
    assert loader.execute("select count(*) from core.employers where sender_code = '803'").fetchone() == (0,)


def test_an_error_while_one_delivery_is_fetched_fails_it_alone_and_it_is_fetched_again(gateway, loader, monkeypatch):
    sender = next(s for s in load_senders(load_settings().senders_file) if s.code == "803")
    made, refused = GatewayClient.fetch, []

    def fetch(client, delivery, store):
        if not refused or delivery.delivery_id in refused:
            refused.append(delivery.delivery_id)
            raise RuntimeError("a fault of ours")
        return made(client, delivery, store)

    with monkeypatch.context() as patch, pytest.raises(LabourMarketError, match="internal error in the pull"):
        patch.setattr(GatewayClient, "fetch", fetch)
        pull("job_orders", sender)
    found = states(loader)
    assert sorted(found.values()).count("failed") == 1 and set(found.values()) <= {"failed", "landed"}
    load("job_orders")
    assert "failed" in states(loader).values(), "a load takes no batch without bytes"
    pull("job_orders", sender)
    assert "failed" not in states(loader).values()


def test_a_sender_without_its_token_keeps_no_other_sender_from_being_asked(gateway, loader, monkeypatch):
    senders = load_senders(load_settings().senders_file)
    made = GatewayClient.__init__

    def without_token(client, sender, **settings):
        if sender.code == "794":
            raise UsageError("the token of sender 794 is not set")
        made(client, sender, **settings)

    monkeypatch.setattr(GatewayClient, "__init__", without_token)
    reports, unreachable = ingest(senders, ["employers"])
    assert unreachable == ["employers 794: the token of sender 794 is not set"]
    assert loader.execute("select array_agg(distinct sender_code order by sender_code) from core.employers").fetchone() == (
        ["795", "803", "804"],
    )
    assert reports[0].sentences == []


def test_a_load_that_ends_with_an_error_keeps_no_other_feed_from_being_loaded(gateway, loader, monkeypatch):
    made = loading.require_current_schema

    def require(connection, contracts):
        if contracts[0].feed == "employers":
            raise LabourMarketError("core.employers differs")
        made(connection, contracts)

    monkeypatch.setattr(loading, "require_current_schema", require)
    reports, _ = ingest(load_senders(load_settings().senders_file), ["employers", "job_orders"])
    assert [bool(report.sentences) for report in reports] == [True, False]
    assert loader.execute("select count(*) > 0 from core.job_orders").fetchone() == (True,)


@pytest.mark.parametrize("period", ["2023-13", "[/]x", "yesterday ", "infinity"])
def test_a_period_that_is_none_is_refused_when_it_is_announced(period, loader):
    with pytest.raises(ValueError, match=r"period|month"):
        land(loader, b"{}", period=period)
    assert states(loader) == {}


def test_rows_of_a_ledger_with_periods_that_are_none_break_no_view_and_no_terminal(loader, warehouse, province, monkeypatch):
    """An older release announced them, and rejected them when they were read."""
    batches = [land(loader, b"{}", feed="fair_sessions", period=f"2023-0{number}") for number in range(1, 6)]
    for batch, period in zip(batches, ("2023-13", "[/]x", "yesterday ", "infinity", "0000"), strict=True):
        loader.execute(
            "update ops.batch set period = %s, state = 'rejected', reason_rule = 'x', reason_vi = '[red]x' where batch_id = %s",
            [period, batch],
        )
    with psycopg.connect(warehouse) as admin:
        names = admin.execute(
            "select schemaname, viewname from pg_views where schemaname in ('staging', 'intermediate', 'indicators', 'bi')"
        ).fetchall()
        assert len(names) > 30
        for name in names:
            admin.execute(sql.SQL("select count(*), count(v::text) from {} as v").format(sql.Identifier(*name)))
        assert admin.execute("select count(*) from intermediate.int_deliveries__first").fetchone() == (0,)
    monkeypatch.setattr(demonstration.stack, "addresses", lambda settings: [])
    monkeypatch.setattr(demonstration, "console", printed := Console(width=200, record=True))
    demonstration._print_result(load_settings())
    assert "[/]x" in printed.export_text()
    assert CliRunner().invoke(app, ["batches"]).exit_code == 0
    assert CliRunner().invoke(app, ["show", str(batches[1])]).exit_code == 0


def test_a_batch_that_a_person_rejects_is_loaded_by_no_run_until_a_replay(loader, province):
    batch, other = land_clean(loader, province, codes=["794", "795"])
    done = CliRunner().invoke(app, ["batch", "reject", str(batch), "--because", "tệp gửi nhầm", "--by", "Lan"])
    assert done.exit_code == 0
    load("employers")
    assert states(loader) == {batch: "rejected", other: "published"}
    row, events = batch_history(loader, batch)
    assert (events[-1]["actor"], events[-1]["detail"]) == ("Lan", {"because": "tệp gửi nhầm"})
    assert row["reason_rule"] == "employers.file.refused" and "tệp gửi nhầm" in row["reason_vi"]
    assert reconcile().findings == []
    replay("employers", sender="794", reason="it was right", dry_run=False)
    assert states(loader)[batch] == "published"


def test_only_a_batch_without_an_outcome_is_rejected_and_only_with_a_reason(loader, province):
    (batch,) = land_clean(loader, province, codes=["794"])
    assert CliRunner().invoke(app, ["batch", "reject", str(batch), "--because", " ", "--by", "Lan"]).exit_code == 2
    load("employers")
    assert CliRunner().invoke(app, ["batch", "reject", str(batch), "--because", "x", "--by", "Lan"]).exit_code == 2
    assert CliRunner().invoke(app, ["batch", "reject", "999", "--because", "x", "--by", "Lan"]).exit_code == 2
    assert states(loader) == {batch: "published"}


def test_a_replay_in_which_a_batch_fails_is_red_and_names_it(loader, province):
    bad, good = land_clean(loader, province, codes=["794", "795"])
    load("employers")
    loader.execute("alter table core.employers add constraint none_of_794 check (sender_code <> '794') not valid")
    done = CliRunner().invoke(app, ["replay", "employers", "--reason", "a rule was fixed", "--execute"])
    assert (done.exit_code, states(loader)) == (1, {bad: "failed", good: "published"})
    assert f"batch {bad} employers 794" in done.output
