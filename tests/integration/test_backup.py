"""Backup and restoration: a drill into a new home, what refuses, and the retention of personal data."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from labour_market import transform
from labour_market.contracts import contract_feeds, load_contract
from labour_market.database import analysts, connect, dsn, provision
from labour_market.errors import UsageError
from labour_market.gateway import load_senders
from labour_market.ingestion.erasure import approve_erasure, pseudonym_of, request_erasure
from labour_market.ingestion.pipeline import ingest
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.replay import replay
from labour_market.ingestion.retention import enforce_retention, keep_until
from labour_market.local_stack import stack
from labour_market.local_stack.backups import backup, restore
from labour_market.local_stack.postgres import start_server, stop_server
from labour_market.settings import load_settings, make_home_private
from psycopg import sql
from simulator import build_province, serve

from tests.conftest import free_port
from tests.integration.test_erasure import OPERATIONS
from tests.integration.test_home import open_paths

FEEDS = ["fair_sessions", "fair_attendance", "employers", "placements"]


@pytest.fixture(scope="module")
def drilled(clone, tmp_path_factory) -> Iterator[tuple[str, Path, Path]]:
    """A warehouse after a night, and its backup; no test changes either. Gives the administrator's DSN, the backup and its folder."""
    folder = tmp_path_factory.mktemp("drill")
    with pytest.MonkeyPatch.context() as patch, clone() as login:
        patch.setenv("WAREHOUSE_DSN", login)
        patch.setenv("LMW_LANDING", str(folder / "landing"))
        with serve(build_province(folder / "province", scale=0.03)) as gateway:
            gateway.write_senders(folder / "senders.yml")
            patch.setenv("LMW_SENDERS", str(folder / "senders.yml"))
            ingest(load_senders(load_settings().senders_file), FEEDS)
            with connect("loader") as loader:
                row = loader.execute("select person_key from vault.person order by 1 limit 1").fetchone()
            assert row
            approve_erasure(request_erasure(row[0], by="A", **OPERATIONS), by="B")
            transform.build()
        analysts.add("794", "test")  # its rights are in the dump, and the role is not
        backup(folder / "backup")
        yield login, folder / "backup", folder
        analysts.remove("794")


@pytest.fixture
def new_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A new installation with a server of its own, where nothing is yet."""
    tmp_path.chmod(0o700)
    home = tmp_path / "new home"
    monkeypatch.setenv("LMW_HOME", str(home))
    monkeypatch.setenv("LMW_PG_PORT", str(free_port()))
    for name in ("WAREHOUSE_DSN", "LMW_LANDING"):
        monkeypatch.delenv(name, raising=False)
    yield home
    stop_server(home)


def contents(login: str) -> dict[str, list[str]]:
    """Every row of every table and view that does not depend on the time of the query."""
    found = {}
    with psycopg.connect(login) as admin:
        admin.execute("set timezone to utc")
        for schema, name in admin.execute(
            "select nspname, relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
            " where relkind in ('r', 'v') and nspname !~ '^pg_|^information_schema$|^public$' and relname <> 'batch_freshness'"
        ).fetchall():
            query = sql.SQL("select record::text from {} as record order by 1").format(sql.Identifier(schema, name))
            found[f"{schema}.{name}"] = [text for (text,) in admin.execute(query)]
    return found


def test_a_drill_gives_the_same_rows_and_figures_in_a_new_home(drilled, new_home):
    login, folder, _ = drilled
    before = contents(login)
    assert len(before["bi.indicator"]) > 100 and before["vault.erased_person"] and before["reference.area_unit"]
    manifest = restore(folder)
    restored = psycopg.conninfo.make_conninfo(dsn("loader"), user="postgres", password=(new_home / "secrets" / "postgres").read_text())
    assert contents(restored) == before
    assert open_paths(new_home) == []
    assert reconcile(reread=True).findings == [] and reconcile().records == manifest["contents"]["records"]
    assert provision() == [], "roles, rights and schema are those of the release"
    with connect("bi_reader") as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("select pg_advisory_lock(1)")
    with connect("analyst_794") as analyst:
        assert analyst.execute("select count(*) > 0 from reidentification_risk").fetchone() == (True,)
    # the restored installation works: the same pseudonyms, the erased person stays out, the figures stay
    replay("fair_attendance", reason="drill", dry_run=False)
    transform.build()
    assert contents(restored)["bi.indicator"] == before["bi.indicator"]
    with pytest.raises(UsageError, match="not empty: a backup is restored into a new home"):
        restore(folder)


def test_a_restore_into_a_filled_database_refuses_and_changes_nothing(drilled, database, tmp_path, monkeypatch):
    _, folder, _ = drilled
    provision_home = tmp_path / "home"
    monkeypatch.setenv("LMW_LANDING", str(tmp_path / "landing"))
    provision()
    transform.deploy_models()  # as `lmw prepare`: the reference lists are there
    before = contents(database)
    assert before["reference.area_unit"]
    monkeypatch.setenv("LMW_HOME", str(provision_home))
    with pytest.raises(UsageError, match="would double their rows"):
        restore(folder)
    assert contents(database) == before
    assert not provision_home.exists() and not (tmp_path / "landing").exists()


def airflow(*arguments: str) -> str:
    """Run a command of Airflow on the metadata of the installation that LMW_HOME names; gives what it prints."""
    environment = {**os.environ, **stack.airflow_environment(load_settings())}
    program = str(Path(sys.executable).with_name("airflow"))
    done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout


def connection_of_airflow() -> dict[str, str]:
    (found,) = json.loads(airflow("connections", "get", "district_803", "--output", "json"))
    return found


def test_a_connection_of_airflow_is_there_after_a_restore_and_can_be_read(new_home, tmp_path, monkeypatch):
    make_home_private(new_home)
    start_server(new_home)
    provision()
    stack._migrate_airflow(load_settings())
    token = "a token with ký tự lạ = + /"
    airflow("connections", "add", "district_803", "--conn-type", "http", "--conn-password", token)
    before = connection_of_airflow()
    assert before["password"] == token
    backup(tmp_path / "backup")
    assert token.encode() not in (tmp_path / "backup" / "airflow.dump").read_bytes()
    stop_server(new_home)

    second = tmp_path / "second home"
    with monkeypatch.context() as patch:
        patch.setenv("LMW_HOME", str(second))
        patch.setenv("LMW_PG_PORT", str(free_port()))
        try:
            restore(tmp_path / "backup")
            assert open_paths(second) == []
            stack._migrate_airflow(load_settings())  # as `lmw up` does
            assert connection_of_airflow() == before
            warehouse = psycopg.conninfo.conninfo_to_dict(dsn("loader"))
            with pytest.raises(psycopg.OperationalError, match="permission denied"):
                psycopg.connect(psycopg.conninfo.make_conninfo(**{**warehouse, "dbname": "airflow"}))
        finally:
            stop_server(second)


@pytest.mark.parametrize("harm", ["a byte of the dump", "a landed file is gone", "no manifest"])
def test_a_damaged_backup_is_refused_before_anything_is_made(drilled, new_home, tmp_path, harm):
    _, folder, _ = drilled
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    if harm == "no manifest":
        (copy / "manifest.json").unlink()
    elif harm == "a landed file is gone":
        next(path for path in (copy / "landing").rglob("*") if path.is_file()).unlink()
    else:
        data = bytearray((copy / "warehouse.dump").read_bytes())
        data[len(data) // 2] ^= 1
        (copy / "warehouse.dump").write_bytes(data)
    with pytest.raises(UsageError, match=r"no backup|damaged"):
        restore(copy)
    assert not new_home.exists()


def test_a_backup_never_overwrites_and_an_interrupted_one_is_none(drilled, monkeypatch, tmp_path):
    login, folder, _ = drilled
    monkeypatch.setenv("WAREHOUSE_DSN", login)
    with pytest.raises(UsageError, match="exists"):
        backup(folder)
    from labour_market.local_stack import backups

    monkeypatch.setattr(backups, "_copy_landing", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        backup(tmp_path / "second")
    assert not (tmp_path / "second").exists()
    with pytest.raises(UsageError, match="no backup"):
        restore(tmp_path / "second.partial")


def test_a_backup_is_private_and_names_every_file_with_its_hash(drilled):
    _, folder, _ = drilled
    assert open_paths(folder) == []
    manifest = json.loads((folder / "manifest.json").read_text())
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert present == {*manifest["files"], "manifest.json"}
    assert {"warehouse.dump", "senders.yml", "secrets/pseudonym_key", "secrets/pseudonym_key.id"} <= present


def test_the_last_day_of_retention_is_that_of_the_contract():
    assert keep_until(load_contract("fair_attendance"), "2023-06") == date(2025, 7, 1)
    assert keep_until(load_contract("labour_survey"), "2022") == date(2028, 1, 1)
    assert keep_until(load_contract("fair_sessions"), "2023-06") is None, "it holds no direct identifiers"
    assert {feed for feed in contract_feeds() if keep_until(load_contract(feed), "2023")} == {
        "employers", "fair_attendance", "labour_survey", "placements",
    }  # fmt: skip


def test_retention_lists_first_and_deletes_what_is_over_and_nothing_else(drilled, warehouse, monkeypatch, tmp_path):
    _, _, folder = drilled
    monkeypatch.setenv("LMW_SENDERS", str(folder / "senders.yml"))
    with serve(build_province(tmp_path / "province", scale=0.03, scenario="clean")) as gateway:
        gateway.write_senders(tmp_path / "senders.yml")
        monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))
        ingest([s for s in load_senders(load_settings().senders_file) if s.code in ("803", "SC")], FEEDS)

    def kept() -> dict[str, int]:
        with psycopg.connect(warehouse) as admin:
            tables = ("vault.person", "vault.employer_contact", "core.fair_attendance", "core.employers")
            counts = {
                table: admin.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(*table.split(".")))).fetchone()[0]
                for table in tables
            }
        return counts | {"files": sum(path.is_file() for path in (tmp_path / "landing").rglob("*"))}

    before = kept()
    assert before["vault.person"] and before["vault.employer_contact"]
    assert enforce_retention(today=date(2025, 6, 30)) == [], "the day before"
    listed = enforce_retention(today=date(2025, 7, 1))
    assert {(e.feed, e.sender_code, e.kept_until) for e in listed} == {("fair_attendance", "803", date(2025, 7, 1))}
    assert kept() == before, "a list deletes nothing"
    assert enforce_retention(today=date(2025, 7, 1), execute=True) == listed
    after = kept()
    assert before["vault.person"] - after["vault.person"] == sum(e.vault_rows for e in listed) > 0
    assert before["files"] - after["files"] == sum(e.files for e in listed) > 0
    assert {name: after[name] for name in after if name.startswith("core") or name == "vault.employer_contact"} == {
        name: before[name] for name in before if name.startswith("core") or name == "vault.employer_contact"
    }
    assert enforce_retention(today=date(2025, 7, 1)) == []
    assert reconcile(reread=True).findings == []
    assert replay("fair_attendance", reason="test", dry_run=False) == [], "there is nothing left to read"
    assert pseudonym_of("080190000001")
