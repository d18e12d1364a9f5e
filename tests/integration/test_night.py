"""A province night in one process against the simulated gateways: what is bad is caught, and every record is accounted for."""

import logging
from collections.abc import Iterator
from pathlib import Path

import orjson
import psycopg
import pytest
import yaml
from labour_market.batches.ledger import find_batches
from labour_market.cli import app
from labour_market.contracts import load_order
from labour_market.database import connect
from labour_market.gateway import load_senders
from labour_market.ingestion import loading, staging
from labour_market.ingestion.loading import load
from labour_market.ingestion.pipeline import ingest
from labour_market.ingestion.pulling import pull
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.replay import replay as replay_feed
from labour_market.settings import load_settings
from psycopg import sql
from simulator import Gateway, Province, build_province, latest, serve
from typer.testing import CliRunner

FEEDS = load_order()


@pytest.fixture(scope="module")
def province(tmp_path_factory) -> Province:
    return build_province(tmp_path_factory.mktemp("province"), scale=0.1)


@pytest.fixture
def gateway(province, warehouse, monkeypatch, tmp_path) -> Iterator[Gateway]:
    """The gateways of a small default night; LMW_SENDERS names them."""
    with serve(province) as served:
        path = tmp_path / "senders.yml"
        served.write_senders(path)
        monkeypatch.setenv("LMW_SENDERS", str(path))
        yield served


@pytest.fixture
def loader(warehouse) -> Iterator[psycopg.Connection]:
    with connect("loader", autocommit=True) as connection:
        yield connection


def senders(*codes: str):
    return [s for s in load_senders(load_settings().senders_file) if not codes or s.code in codes]


def states(connection, feed=None, sender=None):
    return [b.state for b in find_batches(connection, feed=feed, sender=sender)]


def test_each_bad_delivery_of_a_night_has_its_expected_effect_and_no_other(gateway, province, loader):
    reports, unreachable = ingest(senders(), FEEDS)
    assert not unreachable
    assert not any(report.errors for report in reports)
    found = {
        delivery: (state, quarantined or 0)
        for delivery, state, quarantined in loader.execute("select delivery_id, state, records_quarantined from ops.batch")
    }
    meant = {"blocked": "quarantined", "warned": "published", "normalised": "published", "quarantined": "published"}
    rows_expected: dict[str, int] = {}
    for bad in province.expected:
        if bad["effect"] == "left_alone":
            assert bad["delivery_id"] not in found, "a draft is not loaded"
            continue
        effect = meant.get(bad["effect"], bad["effect"])
        assert found[bad["delivery_id"]][0] == effect, bad
        if bad["effect"] == "quarantined":
            rows_expected[bad["delivery_id"]] = rows_expected.get(bad["delivery_id"], 0) + bad["rows"]
    quarantined = {delivery: count for delivery, (state, count) in found.items() if state == "published" and count}
    assert quarantined == rows_expected, "rows are quarantined where the night is bad, and nowhere else"
    superseded = {d for d, (state, _) in found.items() if state == "superseded"}
    spoilt = {bad["delivery_id"] for bad in province.expected}
    bad_states = {d for d, (state, _) in found.items() if state in ("rejected", "quarantined")}
    assert bad_states <= spoilt, "no false alarm"
    assert len(superseded) == 3, "the hand-over that came twice and the two that were corrected"
    result = reconcile(reread=True)
    assert result.findings == []
    assert result.waiting == []


def test_a_clean_province_raises_no_alarm(warehouse, monkeypatch, tmp_path, loader):
    with serve(build_province(tmp_path / "clean", scale=0.05, scenario="clean")) as served:
        served.write_senders(tmp_path / "senders.yml")
        monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))
        ingest(senders(), FEEDS)
    assert set(states(loader)) == {"published"}
    assert loader.execute("select count(*) from quarantine.rejected_row").fetchone() == (0,)
    alarms = loader.execute("select rule_id, verdict from ops.audit_result where verdict <> 'pass'").fetchall()
    assert alarms == []


def test_a_second_night_with_nothing_new_changes_nothing(gateway, loader):
    # a delivery whose bytes were not the announced ones is fetched again
    ledger = "select batch_id, state, case when sha256 is not null then attempt end, published_at from ops.batch order by 1"
    ingest(senders(), FEEDS)
    before = loader.execute(ledger).fetchall()
    versions = loader.execute("select count(*) from core.labour_survey").fetchone()
    reports, _ = ingest(senders(), FEEDS)
    assert all(not report.outcomes for report in reports)
    assert loader.execute(ledger).fetchall() == before
    assert loader.execute("select count(*) from core.labour_survey").fetchone() == versions


def test_onboarding_is_one_entry_in_the_senders_file_and_one_token(gateway, loader, tmp_path, monkeypatch):
    everyone = yaml.safe_load(load_settings().senders_file.read_text(encoding="utf-8"))["senders"]
    some = tmp_path / "some.yml"
    some.write_text(yaml.safe_dump({"senders": everyone[:2]}), encoding="utf-8")
    some.chmod(0o600)
    monkeypatch.setenv("LMW_SENDERS", str(some))
    ingest(senders(), ["employers"])
    assert set(loader.execute("select distinct sender_code from core.employers").fetchall()) == {("794",), ("795",)}
    newcomer = {**everyone[2], "token": "env:NEWCOMER_TOKEN"}
    monkeypatch.setenv("NEWCOMER_TOKEN", everyone[2]["token"])
    some.write_text(yaml.safe_dump({"senders": [*everyone[:2], newcomer]}), encoding="utf-8")
    ingest(senders(), ["employers"])
    assert ("796",) in loader.execute("select distinct sender_code from core.employers").fetchall()


def test_an_unreachable_sender_does_not_stop_the_others_and_is_retried(gateway, loader):
    gateway.set_faults({"kind": "503", "sender": "795", "times": 1000})
    _, unreachable = ingest(senders("794", "795"), ["fair_sessions", "employers"])
    assert any(sentence.startswith("employers 795") for sentence in unreachable)
    assert states(loader, "employers", "794") == ["published"]
    assert states(loader, "employers", "795") == []
    gateway.set_faults()
    _, unreachable = ingest(senders("794", "795"), ["employers"])
    assert unreachable == []
    assert states(loader, "employers", "795") == ["published"]


def test_a_correction_replaces_what_it_corrects_and_an_older_sequence_changes_nothing(gateway, province, loader):
    lines = latest(province, "labour_survey", "794").payload.read_bytes().splitlines()
    records = [orjson.loads(line) for line in lines]
    current = "select count(*), max(sequence) from core.labour_survey where recorded_to = 'infinity'"

    def hand_over(sequence, kept):
        gateway.add_delivery("labour_survey", "794", "2021", kept, sequence=sequence)
        pull("labour_survey", senders("794")[0], "2021")
        load("labour_survey")
        return loader.execute(current).fetchone()

    assert hand_over(2, records[:50]) == (50, 2)
    assert hand_over(4, records[:30]) == (30, 4)
    assert hand_over(3, records[:40]) == (30, 4), "an older sequence came late"
    assert hand_over(5, []) == (0, None), "a correction to nothing leaves nothing"
    ended = loader.execute("select sequence, state from ops.batch order by sequence").fetchall()
    assert ended == [(2, "superseded"), (3, "superseded"), (4, "superseded"), (5, "published")]
    assert reconcile().findings == []


def test_the_citizen_number_and_the_name_stay_in_vault_and_stage(gateway, province, loader):
    """A canary: no direct identifier of any survey record is found in core, quarantine or ops."""
    ingest(senders("794", "802"), ["labour_survey"])
    secrets = identifiers(province, "labour_survey", "794", "802")
    assert len(secrets) > 500
    kept = loader.execute("select count(*) from vault.person").fetchone()
    assert kept and kept[0] > 100
    tables = loader.execute(
        "select table_schema, table_name from information_schema.tables where table_schema in ('core', 'quarantine', 'ops')"
    ).fetchall()
    for schema, table in tables:
        rows = loader.execute(sql.SQL("select to_jsonb(t)::text from {} as t").format(sql.Identifier(schema, table))).fetchall()
        text = "\n".join(row for (row,) in rows)
        leaked = [secret for secret in secrets if secret in text]
        assert not leaked, f"{schema}.{table} holds {len(leaked)} identifiers"


def identifiers(province, feed, *codes):
    """Numbers, phones and names of persons in the latest deliveries of a feed."""
    found = set()
    for code in codes:
        for line in latest(province, feed, code).payload.read_bytes().splitlines():
            record = orjson.loads(line)
            found |= {str(record[f]) for f in ("national_id", "phone", "full_name") if record.get(f) and len(str(record[f])) > 8}
    return found


def spoil_copy(patch, loader, canary):
    """A value that the server refuses and quotes: a name where a date must be."""

    def make_stage_table(connection, contract, token):
        table = staging.make_stage_table(connection, contract, token)
        connection.execute(sql.SQL("alter table stage.{} alter column full_name type date using null").format(sql.Identifier(table)))
        return table

    patch.setattr(loading, "make_stage_table", make_stage_table)


def spoil_audit(patch, loader, canary):
    def audit(*_):
        raise psycopg.errors.InvalidTextRepresentation(f'invalid input syntax for type integer: "{canary}"')

    patch.setattr("labour_market.quality.gate.audit", audit)


def spoil_publishing(patch, loader, canary):
    """The server quotes the row that fails the check."""
    loader.execute("alter table vault.person add constraint no_name check (full_name is null)")


@pytest.mark.parametrize("spoil", [None, spoil_copy, spoil_audit, spoil_publishing])
def test_no_log_and_no_error_of_a_load_holds_a_value_of_a_record(spoil, gateway, province, loader, monkeypatch, caplog):
    """A canary: the identifiers of a survey, also when the server quotes them in what it refuses."""
    canaries = identifiers(province, "labour_survey", "794")
    assert len(canaries) > 100
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="labour_market")
    error = ""
    with monkeypatch.context() as patch:
        if spoil:
            spoil(patch, loader, sorted(canaries)[0])
        pull("labour_survey", senders("794")[0])
        error = "; ".join(load("labour_survey").sentences)
    assert bool(error) == bool(spoil)
    kept = loader.execute("select coalesce(string_agg(detail::text, ' '), '') from ops.batch_event").fetchone()[0]
    assert (".py" in kept) == bool(spoil), "the engineer reads in the ledger where it was"
    text = caplog.text + error + kept
    assert "batch=1 feed=labour_survey sender=794" in text
    assert not [canary for canary in canaries if canary in text]


def test_the_log_of_a_load_says_where_it_was(gateway, loader, caplog):
    caplog.set_level(logging.INFO, logger="labour_market")
    gateway.set_faults()
    pull("employers", senders("794")[0])
    load("employers")
    batch = find_batches(loader, feed="employers", sender="794")[0]
    place = f"batch={batch.batch_id} feed=employers sender=794 period={batch.period}"
    done = {name: line for line in caplog.messages for name, verb, _ in [line.split(" ", 2)] if verb == "finished:"}
    assert list(done) == ["land", "pull", "read", "stage", "suite", "audit", "publish", "load"]
    assert f"{place} attempt=1 records={batch.declared_records}" in done["land"]
    assert f"{place} attempt=2 records={batch.declared_records} seconds=" in done["read"]
    assert f"{place} attempt=2 rows={batch.declared_records} seconds=" in done["stage"]
    assert f"{place} attempt=2 published={batch.declared_records} quarantined=0" in done["publish"]
    assert f"feed=employers batches=1 rows={batch.declared_records} blocked=0 seconds=" in done["audit"]
    assert "feed=employers published=1 errors=0 seconds=" in done["load"]
    assert "feed=employers sender=794 deliveries=" in done["pull"] and "fetched=1 seconds=" in done["pull"]


def test_the_log_of_a_load_that_fails_names_the_stage(gateway, loader, monkeypatch, caplog):
    pull("labour_survey", senders("794")[0])
    with monkeypatch.context() as patch:
        spoil_copy(patch, loader, "")
        load("labour_survey")
    failed = [line for line in caplog.messages if " failed: " in line]
    assert [line.split(" ", 1)[0] for line in failed] == ["stage", "batch"]
    assert "attempt=2" in failed[0] and "error=StagingError: batch 1 of labour_survey" in failed[0]
    assert states(loader, "labour_survey") == ["failed"]
    load("labour_survey")
    assert states(loader, "labour_survey") == ["published"], "it is tried again"


def test_reconcile_exits_1_and_names_the_batch_when_a_row_is_removed_by_hand(gateway, loader):
    ingest(senders("794"), ["employers"])
    assert CliRunner().invoke(app, ["reconcile"]).exit_code == 0
    loader.execute("delete from core.employers where (batch_id, row_no) in (select batch_id, min(row_no) from core.employers group by 1)")
    lost = CliRunner().invoke(app, ["reconcile"])
    assert lost.exit_code == 1
    assert "lost_records: batch" in lost.output


def test_reconcile_finds_a_landed_file_that_is_missing_and_one_that_changed(gateway, loader):
    ingest(senders("794", "803"), ["employers"])
    first, second = loader.execute("select landing_path from ops.batch where sha256 is not null order by batch_id").fetchall()
    for (path,), content in ((first, None), (second, b"something else")):
        file = Path(path.removeprefix("file://"))
        file.chmod(0o600)
        file.unlink() if content is None else file.write_bytes(content)
    kinds = {finding.kind for finding in reconcile(reread=True).findings}
    assert kinds == {"missing_bytes", "damaged_bytes"}


def test_a_replay_reads_the_landed_bytes_and_gives_the_same_result(gateway, loader):
    ingest(senders("803"), ["employers"])
    batch = find_batches(loader, feed="employers")[0]
    current = "select employer_no, name from core.employers where recorded_to = 'infinity' order by 1"
    before = loader.execute(current).fetchall()
    gateway.close()
    dry = replay_feed("employers", reason="a rule was fixed", dry_run=True)
    assert [(r.batch_id, r.after) for r in dry] == [(batch.batch_id, None)]
    done = replay_feed("employers", reason="a rule was fixed", dry_run=False)
    assert done[0].before == done[0].after
    assert loader.execute(current).fetchall() == before
    assert reconcile().findings == []
    reasons = loader.execute("select detail ->> 'replay' from ops.batch_event where detail ? 'replay'").fetchall()
    assert reasons == [("a rule was fixed",)]


def test_a_killed_load_is_resumed_from_the_landed_bytes(gateway, loader, monkeypatch):
    """Killed after staging: the batch is staged, a stage table is left, and the next load completes it."""
    from labour_market.quality import gate

    pull("employers", senders("794")[0])

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(gate, "audit", die)
        load("employers")
    assert states(loader, "employers") == ["staged"]
    load("employers")
    assert states(loader, "employers") == ["published"]
    assert loader.execute("select count(*) from pg_tables where schemaname = 'stage'").fetchone() == (0,)


def test_an_audit_that_fails_is_an_internal_error_and_no_verdict(gateway, loader, monkeypatch):
    from labour_market.quality import gate

    pull("employers", senders("794")[0])

    def broken(*_: object) -> None:
        raise gate.AuditError("an expectation raised")

    with monkeypatch.context() as patch:
        patch.setattr(gate, "audit", broken)
        report = load("employers")
    assert report.outcomes == {} and list(report.errors.values()) == ["AuditError: an expectation raised"]
    assert states(loader, "employers") == ["failed"]
    assert loader.execute("select reason_rule from ops.batch").fetchone() == (None,)
    assert loader.execute("select count(*) from core.employers").fetchone() == (0,)
