"""Erasure of a person: what is left, what comes back, and who may decide; and whose the entries of the vault are."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
from labour_market import site, transform
from labour_market.alerts import find_causes
from labour_market.cli import app
from labour_market.contracts import load_contract
from labour_market.database import connect
from labour_market.errors import UsageError
from labour_market.gateway import load_senders
from labour_market.ingestion import erasure
from labour_market.ingestion.erasure import approve_erasure, pending_requests, pseudonym_of, refuse_erasure, request_erasure
from labour_market.ingestion.loading import load
from labour_market.ingestion.pipeline import ingest
from labour_market.ingestion.pulling import pull
from labour_market.ingestion.reader import Reader
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.replay import replay
from labour_market.ingestion.retention import enforce_retention
from labour_market.occupations.store import code_new_titles
from labour_market.quality import gate
from labour_market.settings import load_settings
from psycopg import sql
from simulator import Gateway, build_province, serve
from simulator.files import CSV
from typer.testing import CliRunner

from tests.gate.gate_cases import ELSEWHERE, clean_rows
from tests.integration.landed import land

NUMBER, NAME = "080190000007", "Nguyễn Thị Hồng Lan"
FEEDS = ["labour_survey", "fair_sessions", "fair_attendance"]
OPERATIONS = {"because": "yêu cầu ngày 30/11, hồ sơ 12", "legal_basis": "Luật 91/2025/QH15, điều 14"}


def records(feed: str, count: int = 40, **values: object) -> list[dict]:
    sent = {field.name for field in load_contract(feed).sent_fields}
    rows = [
        {**row, **({"session_no": "S001", "full_name": NAME} if feed == "fair_attendance" else {}), **values}
        for row in clean_rows(feed, count)
    ]
    return json.loads(json.dumps([{name: row[name] for name in row if name in sent} for row in rows], default=str))


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    return build_province(tmp_path_factory.mktemp("province"), scale=0.02, scenario="clean")


@pytest.fixture
def gateway(province, warehouse, monkeypatch, tmp_path) -> Iterator[Gateway]:
    with serve(replace(province, deliveries=())) as served:
        served.write_senders(tmp_path / "senders.yml")
        monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))
        yield served


def load_all(*codes: str) -> None:
    reports, unreachable = ingest([s for s in load_senders(load_settings().senders_file) if s.code in (codes or ("803",))], FEEDS)
    assert not unreachable and not any(report.errors for report in reports)


def deliver(gateway: Gateway) -> None:
    """The person in a published survey and session, in a survey that a rule blocks, and in a file that cannot be read."""
    gateway.add_delivery("fair_sessions", "803", "2023-06", records("fair_sessions", 3), sequence=5)
    gateway.add_delivery("labour_survey", "803", "2022", records("labour_survey", job_text="nghề hiếm của riêng một người"), sequence=5)
    gateway.add_delivery("fair_attendance", "803", "2023-06", records("fair_attendance"), sequence=5)
    gateway.add_delivery("labour_survey", "803", "2022", records("labour_survey", commune_code="99999"), sequence=6)
    table = f"a;b\n{NUMBER};x\n".encode()
    gateway.add_delivery("labour_survey", "803", "2022", [], sequence=7, media_type=CSV, form="csv-a", payload=table, record_count=1)


def places_of(dsn: str, *texts: str) -> set[str]:
    """The relations of every schema that hold one of these texts."""
    found = set()
    with psycopg.connect(dsn) as admin:
        for schema, name in admin.execute(
            "select nspname, relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
            " where relkind in ('r', 'v') and nspname !~ '^pg_|^information_schema$'"
        ).fetchall():
            query = sql.SQL("select exists (select from {} as record where record::text ~* %s)").format(sql.Identifier(schema, name))
            if admin.execute(query, ["|".join(texts)]).fetchone() == (True,):
                found.add(f"{schema}.{name}")
    return found


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def counts(dsn: str) -> dict[str, int]:
    with psycopg.connect(dsn) as admin:
        row = admin.execute(
            "select (select count(*) from marts.fct_labour_supply where sender_code = '803'),"
            " (select count(*) from marts.fct_fair_attendance where sender_code = '803'),"
            " (select attended from bi.fair_funnel where sender_code = '803' and session_no = 'S001' and measure = 'persons')"
        ).fetchone()
    assert row
    return {"supply": row[0], "visits": row[1], "attended": row[2]}


def test_an_erased_person_is_nowhere_and_does_not_come_back(gateway, warehouse, tmp_path, caplog):
    deliver(gateway)
    load_all()
    transform.build()
    key = pseudonym_of(NUMBER)
    with psycopg.connect(warehouse) as admin:
        states = admin.execute("select state from ops.batch where sender_code = '803' and sequence >= 5 order by batch_id").fetchall()
        before_ledger = admin.execute("select batch_id, state, records_published from ops.batch order by 1").fetchall()
    assert sorted(state for (state,) in states) == ["published"] * 3 + ["quarantined", "rejected"]
    before = counts(warehouse)
    assert {"core.labour_survey", "core.fair_attendance", "vault.person"} <= places_of(warehouse, key, NUMBER)
    assert len(files_with(tmp_path / "landing", NUMBER)) == 4

    request = request_erasure(key, by="Trần Văn An", **OPERATIONS)
    assert [row["request_id"] for row in pending_requests()] == [request]
    with pytest.raises(UsageError, match="own request"):
        approve_erasure(request, by="trần văn  an")
    assert counts(warehouse) == before and "vault.person" in places_of(warehouse, key), "nothing happened yet"
    erased = approve_erasure(request, by="Lê Thị Bình")
    assert (erased.vault_rows, erased.core_rows, erased.files) == (1, 2, 4)

    assert files_with(tmp_path / "landing", NUMBER) == []
    assert pending_requests() == []
    with psycopg.connect(warehouse) as admin:
        log = admin.execute("select decision, reason, legal_basis, requested_by, decided_by, core_rows from ops.erasure").fetchall()
        assert log == [("approved", *OPERATIONS.values(), "Trần Văn An", "Lê Thị Bình", 2)]
        assert admin.execute("select batch_id, state, records_published from ops.batch order by 1").fetchall() == before_ledger
    result = reconcile(reread=True)
    assert (result.findings, result.waiting) == ([], [])
    for feed in FEEDS:
        replay(feed, reason="test", dry_run=False)
    assert places_of(warehouse, NUMBER) == set()
    gateway.add_delivery("labour_survey", "803", "2022", records("labour_survey"), sequence=8)
    load_all()
    transform.build()

    assert places_of(warehouse, key, NUMBER) == {"vault.erased_person"}, "neither a replay nor a delivery brings the person back"
    assert counts(warehouse) == {name: number - 1 for name, number in before.items()}
    assert key not in caplog.text and NUMBER not in caplog.text and NAME not in caplog.text
    with psycopg.connect(warehouse) as admin:
        kinds = admin.execute("select kind from ops.reconcile_finding").fetchall()
    assert kinds == [("erased_person_delivered",)]
    assert {finding.kind for finding in reconcile().findings} <= {"erased_person_delivered"}


class DyingReader(Reader):
    """Its process dies of each file."""

    def _prepare(self) -> None:
        super()._prepare()
        assert self._process
        self._process.kill()


def findings(kind: str) -> list:
    return [finding for finding in reconcile().findings if finding.kind == kind]


def test_a_file_that_cannot_be_read_is_named_and_the_person_is_erased_elsewhere(gateway, warehouse, tmp_path, monkeypatch):
    deliver(gateway)
    load_all()
    key = pseudonym_of(NUMBER)
    with monkeypatch.context() as patch:
        patch.setattr(erasure, "Reader", DyingReader)
        erased = approve_erasure(request_erasure(key, by="A", **OPERATIONS), by="B")
    assert (erased.vault_rows, erased.core_rows, erased.files) == (1, 2, 2)
    assert places_of(warehouse, NUMBER) == set()
    unclear = findings("erasure_unclear")
    with psycopg.connect(warehouse) as admin:
        not_in_core = {b for (b,) in admin.execute("select batch_id from ops.batch where state <> 'published' and feed <> 'fair_sessions'")}
        blocked = {b for (b,) in admin.execute("select batch_id from ops.batch where state in ('quarantined', 'rejected')")}
    assert {finding.batch_id for finding in unclear} == not_in_core and len(not_in_core) == erased.unclear_files
    assert all(f"lô {finding.batch_id} " in finding.detail and f"batch {finding.batch_id} " in finding.detail for finding in unclear)
    assert key not in str(unclear) and NUMBER not in str(unclear)
    assert len(files_with(tmp_path / "landing", NUMBER)) == 2

    named, other = [str(finding.finding_id) for finding in unclear if finding.batch_id in blocked]
    runner = CliRunner()
    done = runner.invoke(app, ["person", "destroy-file", named, "--by", "B"])
    assert done.exit_code == 0, done.output
    assert len(files_with(tmp_path / "landing", NUMBER)) == 1
    assert runner.invoke(app, ["person", "destroy-file", named, "--by", "B"]).exit_code == 2, "it is closed"
    for number in (other, *(str(finding.finding_id) for finding in unclear if finding.batch_id not in blocked)):
        assert runner.invoke(app, ["close-finding", number, "--because", "không có người này", "--by", "B"]).exit_code == 0
    assert findings("erasure_unclear") == []
    assert len(files_with(tmp_path / "landing", NUMBER)) == 1, "a finding that is closed by hand destroys nothing"
    assert reconcile(reread=True).findings == []


def test_a_file_that_is_gone_is_unclear_since_a_backup_may_have_it(gateway, warehouse, tmp_path):
    deliver(gateway)
    load_all()
    with psycopg.connect(warehouse) as admin:
        ((batch, path),) = admin.execute("select batch_id, landing_path from ops.batch where state = 'rejected'").fetchall()
    (found,) = (file for file in (tmp_path / "landing").rglob("*") if file.is_file() and file.name in path)
    found.unlink()
    erased = approve_erasure(request_erasure(pseudonym_of(NUMBER), by="A", **OPERATIONS), by="B")
    assert (erased.core_rows, erased.files, erased.unclear_files) == (2, 3, 1)
    assert [finding.batch_id for finding in findings("erasure_unclear")] == [batch]


def test_an_erased_person_who_is_delivered_again_is_nowhere_and_the_finding_can_be_closed(gateway, warehouse):
    row = {**records("labour_survey", 7)[6], "job_text": "nghề hiếm của riêng một người"}
    others = records("labour_survey", 6)
    gateway.add_delivery("labour_survey", "803", "2022", [*others, row], sequence=5)
    load_all()
    key = pseudonym_of(NUMBER)
    approve_erasure(request_erasure(key, by="A", **OPERATIONS), by="B")
    # again: as a good record, and as one that a rule quarantines
    gateway.add_delivery("labour_survey", "803", "2022", [*others, row], sequence=6)
    gateway.add_delivery("labour_survey", "804", "2022", [{**r, "commune_code": ELSEWHERE} for r in others] + [row], sequence=5)
    load_all("803", "804")
    with connect("transformer", autocommit=True) as transformer:
        code_new_titles(transformer)
    with psycopg.connect(warehouse) as admin:
        assert admin.execute("select count(*) from quarantine.rejected_row").fetchone() == (1,), "the record of 804 is in no commune of it"
    assert places_of(warehouse, key, NUMBER, "nghề hiếm của riêng") == {"vault.erased_person"}

    (finding,) = findings("erased_person_delivered")
    assert finding.sender_code == "803" and NUMBER not in finding.detail and key not in finding.detail
    assert seen_by_readers("erased_person_delivered") == (1, True, True)
    closed = CliRunner().invoke(app, ["close-finding", str(finding.finding_id), "--because", "huyện đã xóa", "--by", "B"])
    assert closed.exit_code == 0, closed.output
    replay("labour_survey", sender="803", reason="test", dry_run=False)
    assert findings("erased_person_delivered") == [], "what a person has closed is not found again by a replay"
    assert seen_by_readers("erased_person_delivered") == (0, False, False)


def seen_by_readers(kind: str) -> tuple[int, bool, bool]:
    """The findings of a kind in bi, and whether the page and the alerts have one."""
    with connect("bi_reader") as reader:
        rows = reader.execute("select finding_vi from bi.open_findings where kind = %s", [kind]).fetchall()
    page = site.render().read_text(encoding="utf-8")
    result = reconcile()
    with connect("transformer") as transformer:
        causes = find_causes(transformer, result)
    return len(rows), any(vi in page for (vi,) in rows), any(f"finding {kind} " in cause.key for cause in causes)


def test_a_coded_title_goes_with_the_only_person_who_had_it(gateway, warehouse):
    rows = records("labour_survey")
    rows[6]["job_text"] = "nghề hiếm của riêng một người"
    gateway.add_delivery("labour_survey", "803", "2022", rows, sequence=5)
    load_all()
    with connect("transformer", autocommit=True) as transformer:
        code_new_titles(transformer)
    assert "ops.title_coding" in places_of(warehouse, "nghề hiếm của riêng")
    approve_erasure(request_erasure(pseudonym_of(NUMBER), by="A", **OPERATIONS), by="B")
    assert places_of(warehouse, "nghề hiếm của riêng") == set()
    assert "ops.title_coding" in places_of(warehouse, "công nhân may"), "the title of others stays"


def test_a_request_needs_a_reason_a_legal_basis_and_a_person_and_does_not_name_them(gateway, warehouse):
    deliver(gateway)
    load_all()
    key = pseudonym_of(NUMBER)
    for wrong in ({"because": " "}, {"legal_basis": ""}, {"because": f"theo đơn của bà {NAME.upper()}"}, {"legal_basis": NUMBER}):
        with pytest.raises(UsageError):
            request_erasure(key, by="A", **{**OPERATIONS, **wrong})
    with pytest.raises(UsageError, match="no person"):
        request_erasure(f"{key[:-1]}x", by="A", **OPERATIONS)
    with pytest.raises(UsageError, match="12 digits") as error:
        pseudonym_of("0801900")
    assert "0801900" not in str(error.value)
    assert pending_requests() == []


def test_a_refused_request_erases_nothing_and_is_logged(gateway, warehouse):
    deliver(gateway)
    load_all()
    key = pseudonym_of(NUMBER)
    before = places_of(warehouse, key, NUMBER)
    number = request_erasure(key, by="A", **OPERATIONS)
    with pytest.raises(UsageError, match="own request"):
        refuse_erasure(number, by="a")
    refuse_erasure(number, by="B")
    assert places_of(warehouse, key, NUMBER) == before
    with pytest.raises(UsageError, match="no request"):
        approve_erasure(number, by="B")
    with psycopg.connect(warehouse) as admin:
        assert admin.execute("select decision, core_rows, files from ops.erasure").fetchall() == [("refused", 0, 0)]


def test_the_command_asks_for_the_number_and_prints_no_person(gateway, warehouse):
    deliver(gateway)
    load_all()
    options = ["--because", OPERATIONS["because"], "--legal-basis", OPERATIONS["legal_basis"], "--by"]
    asked = CliRunner().invoke(app, ["person", "erase", *options, "A"], input=f"{NUMBER}\n")
    assert asked.exit_code == 0, asked.output
    assert NUMBER not in asked.output and pseudonym_of(NUMBER) not in asked.output
    listed = CliRunner().invoke(app, ["person", "erasures", "--json"])
    request = str(json.loads(listed.output)[0]["request_id"])
    own = CliRunner().invoke(app, ["person", "approve-erasure", request, "--by", "A"])
    assert own.exit_code == 2
    done = CliRunner().invoke(app, ["person", "approve-erasure", request, "--by", "B"])
    assert done.exit_code == 0 and "2 records, 4 files" in done.output


def test_a_file_whose_removal_was_interrupted_is_removed_by_the_next_run(gateway, warehouse, tmp_path, monkeypatch):
    deliver(gateway)
    load_all()
    number = request_erasure(pseudonym_of(NUMBER), by="A", **OPERATIONS)
    with monkeypatch.context() as patch:
        patch.setattr(erasure, "destroy_marked_files", lambda settings: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            approve_erasure(number, by="B")
    assert len(files_with(tmp_path / "landing", NUMBER)) == 4
    assert erasure.destroy_marked_files(load_settings()) == 4
    assert files_with(tmp_path / "landing", NUMBER) == []
    assert erasure.destroy_marked_files(load_settings()) == 0


def entry(admin: psycopg.Connection) -> tuple:
    return admin.execute("select full_name, phone, sender_code from vault.person where national_id = %s", [NUMBER]).fetchone()


def versions(admin: psycopg.Connection) -> list[tuple]:
    return admin.execute(
        "select sender_code, full_name, is_refused from vault.person_version where person_key = %s order by recorded_at",
        [pseudonym_of(NUMBER)],
    ).fetchall()


def test_a_sender_cannot_overwrite_the_vault_entry_of_another(gateway, warehouse):
    row = records("labour_survey", 7)[6]
    assert row["national_id"] == NUMBER
    gateway.add_delivery("labour_survey", "803", "2022", [row], sequence=5)
    load_all()
    other = {**row, "full_name": "Phạm Văn Khác", "phone": "0912000999", "form_no": "X1", "commune_code": ELSEWHERE}
    for sequence in (5, 6):
        gateway.add_delivery("labour_survey", "804", "2022", [{**other, "job_text": f"may {sequence}"}], sequence=sequence)
        load_all("804")
    with psycopg.connect(warehouse, autocommit=True) as admin:
        assert entry(admin) == (NAME, "0901000123", "803")
        assert versions(admin) == [("804", "Phạm Văn Khác", True)], "the same contradiction is kept once"
        noted = admin.execute("select kind, sender_code, detail from ops.reconcile_finding order by found_at").fetchall()
        assert {(kind, sender) for kind, sender, _ in noted} == {("identity_conflict", "804")}
        assert "Khác" not in str(noted) and NUMBER not in str(noted)
        number, on_page, in_alert = seen_by_readers("identity_conflict")
        assert number == len(noted) and on_page and in_alert
        for finding in findings("identity_conflict"):
            closed = ["close-finding", str(finding.finding_id), "--because", "đã hỏi huyện", "--by", "B"]
            assert CliRunner().invoke(app, closed).exit_code == 0
        assert seen_by_readers("identity_conflict") == (0, False, False)
        # its own sender corrects the entry, and the earlier value is kept
        gateway.add_delivery("labour_survey", "803", "2022", [{**row, "full_name": "Nguyễn Thị Hồng Lam"}], sequence=6)
        load_all()
        assert entry(admin) == ("Nguyễn Thị Hồng Lam", "0901000123", "803")
        assert versions(admin)[-1] == ("803", NAME, False)
        # a replay of the older delivery does not bring the older value back
        before = versions(admin)
        replay("labour_survey", sender="804", reason="test", dry_run=False)
        assert entry(admin) == ("Nguyễn Thị Hồng Lam", "0901000123", "803")
        assert versions(admin) == before


def test_the_vault_is_the_same_in_whatever_order_batches_are_loaded(gateway, warehouse):
    """A replay loads feed after feed: the first report of a person may come after a later one."""
    key = pseudonym_of(NUMBER)
    (visit,), row = records("fair_attendance", 1, national_id=NUMBER), records("labour_survey", 7)[6]
    gateway.add_delivery("fair_sessions", "803", "2023-06", records("fair_sessions", 1), sequence=5)
    gateway.add_delivery("fair_attendance", "803", "2023-06", [visit], sequence=5)
    load_all()
    other = {**row, "full_name": "Phạm Văn Khác", "phone": "0912000999", "commune_code": ELSEWHERE}
    gateway.add_delivery("labour_survey", "804", "2022", [other], sequence=5)
    load_all("804")
    entries = "select sender_code, full_name, birth_date, phone, first_batch_id, last_batch_id from vault.person where person_key = %s"
    others = "select sender_code, full_name, birth_date, phone, batch_id, is_refused from vault.person_version where person_key = %s"
    with psycopg.connect(warehouse, autocommit=True) as admin:
        before = [admin.execute(query, [key]).fetchall() for query in (entries, others)]
        assert [(sender, name) for sender, name, *_ in before[0]] == [("803", NAME)]
        assert [(sender, name) for sender, name, *_ in before[1]] == [("804", "Phạm Văn Khác")]
        for emptied in (True, False):
            if emptied:
                admin.execute("truncate vault.person, vault.person_version, core.labour_survey, core.fair_attendance")
            for feed in FEEDS:  # the survey first
                replay(feed, reason="test", dry_run=False)
            assert [admin.execute(query, [key]).fetchall() for query in (entries, others)] == before


def test_the_same_name_typed_otherwise_is_no_conflict(gateway, warehouse):
    row = records("labour_survey", 7)[6]
    gateway.add_delivery("labour_survey", "803", "2022", [row], sequence=5)
    load_all()
    gateway.add_delivery(
        "labour_survey",
        "804",
        "2022",
        [{**row, "full_name": "NGUYEN  THI Hồng Lan", "form_no": "X1", "commune_code": ELSEWHERE}],
        sequence=5,
    )
    load_all("804")
    with connect("loader") as loader:
        assert loader.execute("select count(*) from core.labour_survey where form_no = 'X1'").fetchone() == (1,)
        assert loader.execute("select count(*) from ops.reconcile_finding").fetchone() == (0,)
        assert loader.execute("select full_name from vault.person where national_id = %s", [NUMBER]).fetchone() == (NAME,)


def test_the_bytes_of_a_batch_that_waits_for_a_load_outlive_an_erasure(gateway, warehouse):
    """The same bytes came again: the batch is loaded without the person, and does not wait for ever."""
    rows = records("labour_survey")
    gateway.add_delivery("labour_survey", "803", "2022", rows, sequence=5)
    load_all()
    gateway.add_delivery("labour_survey", "803", "2022", rows, sequence=7)
    sender = next(s for s in load_senders(load_settings().senders_file) if s.code == "803")
    assert len(pull("labour_survey", sender)) == 1
    approve_erasure(request_erasure(pseudonym_of(NUMBER), by="A", **OPERATIONS), by="B")
    assert not load("labour_survey").errors
    with psycopg.connect(warehouse) as admin:
        states = admin.execute(
            "select state, sha256 is null from ops.batch where sequence >= 5 and feed = 'labour_survey' order by batch_id"
        )
        assert states.fetchall() == [("superseded", True), ("published", False)]
    assert "vault.person" not in places_of(warehouse, pseudonym_of(NUMBER), NUMBER)


def test_a_file_that_waited_for_its_load_during_an_erasure_is_a_finding_whatever_becomes_of_its_batch(gateway, warehouse, tmp_path):
    gateway.add_delivery("labour_survey", "803", "2022", records("labour_survey"), sequence=5)
    load_all()
    gateway.add_delivery("labour_survey", "803", "2022", records("labour_survey", commune_code="99999"), sequence=6)
    sender = next(s for s in load_senders(load_settings().senders_file) if s.code == "803")
    assert len(pull("labour_survey", sender)) == 1
    approve_erasure(request_erasure(pseudonym_of(NUMBER), by="A", **OPERATIONS), by="B")
    (finding,) = findings("erasure_unclear")
    with pytest.raises(UsageError, match="waits for its load"):
        erasure.destroy_unclear_file(finding.finding_id, by="A")
    assert findings("erasure_unclear") == [finding], "a decision that had no effect closes nothing"
    assert list(load("labour_survey").outcomes.values()) == ["quarantined"]
    assert len(files_with(tmp_path / "landing", NUMBER)) == 1
    erasure.destroy_unclear_file(finding.finding_id, by="A")
    assert files_with(tmp_path / "landing", NUMBER) == []
    assert findings("erasure_unclear") == []


def test_an_erasure_leaves_nothing_in_the_stage_of_a_load_that_was_killed(gateway, warehouse, monkeypatch):
    gateway.add_delivery("labour_survey", "803", "2022", records("labour_survey"), sequence=5)
    load_all()
    gateway.add_delivery("labour_survey", "803", "2022", records("labour_survey", job_text="thợ mộc"), sequence=6)
    sender = next(s for s in load_senders(load_settings().senders_file) if s.code == "803")
    pull("labour_survey", sender)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(gate, "audit", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        load("labour_survey")
    assert any(place.startswith("stage.") for place in places_of(warehouse, NUMBER))
    approve_erasure(request_erasure(pseudonym_of(NUMBER), by="A", **OPERATIONS), by="B")
    assert places_of(warehouse, NUMBER) == set()


def test_a_file_is_kept_as_long_as_the_retention_of_one_of_its_periods(warehouse):
    with connect("loader", autocommit=True) as loader:
        lines = "".join(json.dumps(row) + "\n" for row in records("labour_survey", 3)).encode()
        for period in ("2016", "2022"):
            land(loader, lines, feed="labour_survey", period=period, declared_records=3)
        load("labour_survey")
        kept = "select period, sha256 is not null, landing_path from ops.batch order by period"
        file = Path(loader.execute(kept).fetchall()[0][2])
        assert [(over.period, over.files) for over in enforce_retention(execute=True, today=date(2023, 1, 1))] == [("2016", 1)]
        assert [row[:2] for row in loader.execute(kept)] == [("2016", False), ("2022", True)]
        assert file.exists()
        enforce_retention(execute=True, today=date(2030, 1, 1))
        assert [row[1] for row in loader.execute(kept)] == [False, False] and not file.exists()
