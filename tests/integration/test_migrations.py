"""The schema is brought to this release by revisions: once, safely, and without a lock where nothing is to be done."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from labour_market.database import ROLES, access, connect, lock_timeout, migrations, provision
from labour_market.database.lock_timeout import SchemaLockedError
from labour_market.database.migrations import NewerSchemaError, UnknownSchemaError, current_revision, revisions
from labour_market.errors import LabourMarketError
from labour_market.ingestion.loading import load
from labour_market.local_stack.postgres import server_program
from labour_market.settings import load_settings
from labour_market.transform import build
from psycopg import conninfo

PROVISION = "import sys; from labour_market.database import provision; sys.stdout.write('\\n'.join(provision()))"


def one(dsn: str, query: str, *arguments: object) -> object:
    with psycopg.connect(dsn, autocommit=True) as admin:
        row = admin.execute(query, arguments).fetchone()
        assert row
        return row[0]


def run(dsn: str, statements: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(statements)


def schema_of(dsn: str, *options: str) -> list[str]:
    """The statements of pg_dump for the schemas of this project, without what differs from dump to dump."""
    schemas = [f"--schema={name}" for name in migrations.VERSIONED_SCHEMAS]
    dump = subprocess.run(
        [str(server_program("pg_dump")), "-d", dsn, "--schema-only", *schemas, *options], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict", "--"))]


def psql(dsn: str, path: Path) -> None:
    subprocess.run([str(server_program("psql")), "-d", dsn, "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", str(path)], check=True)


LATEST, NEXT, SECOND, THIRD = (f"{int(revisions()[-1]) + step:04d}" for step in range(4))


@pytest.fixture
def add_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Adds a revision of that number to a copy of the release's revisions."""
    versions = tmp_path / "versions"
    shutil.copytree(migrations.VERSIONS, versions, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrations, "VERSIONS", versions)

    def add(number: str, statements: str) -> None:
        before = revisions()[-1]
        stub = (versions / f"{before}_").parent.glob(f"{before}_*.py")
        text = next(stub).read_text(encoding="utf-8")
        down = "None" if before == "0001" else f'"{int(before) - 1:04d}"'
        text = text.replace(f"down_revision = {down}", f'down_revision = "{before}"').replace(
            f'\nrevision = "{before}"', f'\nrevision = "{number}"'
        )
        (versions / f"{number}_test.py").write_text(text, encoding="utf-8")
        (versions / f"{number}_test.sql").write_text(statements, encoding="utf-8")

    return add


@pytest.fixture
def locked() -> Iterator[Callable[[str, str], psycopg.Connection]]:
    """Opens a session that executes a statement and stays in its transaction."""
    sessions = []

    def hold(dsn: str, statement: str) -> psycopg.Connection:
        sessions.append(psycopg.connect(dsn, application_name="bi tool"))
        sessions[-1].execute(statement)
        return sessions[-1]

    yield hold
    for session in sessions:
        session.close()


def test_revisions_are_numbered_without_a_gap_and_alembic_sees_the_same_order():
    numbers = revisions()
    assert numbers == [f"{place:04d}" for place in range(1, len(numbers) + 1)]
    script = ScriptDirectory(str(migrations.VERSIONS.parent), version_locations=[str(migrations.VERSIONS)])
    assert [revision.revision for revision in script.walk_revisions()] == numbers[::-1]
    assert {path.stem for path in migrations.VERSIONS.glob("*.py")} == {path.stem for path in migrations.VERSIONS.glob("*.sql")}


def test_a_new_database_gets_every_revision_and_the_second_start_changes_nothing(database):
    changes = provision()
    assert [line for line in changes if "revision" in line][-1].startswith(f"schema: revision {revisions()[-1]}")
    with connect("loader") as loader:
        assert current_revision(loader) == revisions()[-1], "each role may read the version"
    assert provision() == []


def test_the_files_of_the_revisions_are_runnable_by_psql(database):
    provision()
    by_program = schema_of(database, "--no-comments")
    other = conninfo.make_conninfo(database, dbname=f"{conninfo.conninfo_to_dict(database)['dbname']}_psql")
    run(database, f"create database {conninfo.conninfo_to_dict(other)['dbname']}")
    try:
        psql(other, access.SCRIPT)
        psql(other, migrations.VERSION_TABLE)
        for path in sorted(migrations.VERSIONS.glob("*.sql")):
            psql(other, path)
        assert schema_of(other, "--no-comments") == by_program
        psql(other, access.SCRIPT)  # it may be run again
        assert schema_of(other, "--no-comments") == by_program
    finally:
        run(database, f"drop database {conninfo.conninfo_to_dict(other)['dbname']}")


def test_an_up_to_date_database_is_only_read(database, locked):
    provision()
    locked(database, "select (select count(*) from ops.batch), (select count(*) from core.employers)")
    own_tables = one(
        database,
        "select string_agg(format('%%I.%%I', schemaname, tablename), ', ') from pg_tables where schemaname = any(%s)",
        list(access.SCHEMAS),
    )
    catalogs = "pg_authid, pg_db_role_setting, pg_class, pg_attribute, pg_namespace, pg_default_acl, pg_description, pg_proc, pg_constraint"
    locked(database, f"lock table {own_tables}, {catalogs} in exclusive mode")  # conflicts with every lock but ACCESS SHARE
    started = time.monotonic()
    with ThreadPoolExecutor() as pool:
        assert pool.submit(provision).result(timeout=20) == []
    assert time.monotonic() - started < 20


def test_passwords_are_set_only_where_a_login_fails(database):
    provision()
    roles = "select string_agg(rolname || ' ' || xmin, ',' order by rolname) from pg_authid where rolname = any(%s)"
    before = one(database, roles, list(ROLES))
    assert provision() == []
    assert one(database, roles, list(ROLES)) == before
    run(database, "alter role steward password 'another'")
    with pytest.raises(psycopg.OperationalError, match="password"):
        connect("steward")
    assert provision() == ["passwords are set for steward"]
    connect("steward").close()
    assert str(one(database, "select rolpassword from pg_authid where rolname = 'steward'")).startswith("SCRAM-SHA-256$")


def test_schemas_that_were_dropped_come_back_with_their_rights(database):
    provision()
    run(database, "drop schema bi cascade; drop schema indicators cascade")
    assert provision()
    with connect("transformer") as transformer:
        transformer.execute("create view bi.answer as select 42 as n; create table indicators.cell as select 42 as n")
    with connect("bi_reader") as reader:
        assert reader.execute("select n from answer").fetchone() == (42,)
    with connect("steward") as steward:
        assert steward.execute("select n from indicators.cell").fetchone() == (42,)
    schemas = one(database, "select array_agg(nspname::text) from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'")
    assert set(schemas) == {*access.SCHEMAS, "public"}


def test_a_changed_access_script_is_applied_once(database, tmp_path, monkeypatch):
    provision()
    script = tmp_path / "access.sql"
    script.write_text(access.SCRIPT.read_text(encoding="utf-8") + "grant usage on schema marts to dpo;\n", encoding="utf-8")
    monkeypatch.setattr(access, "SCRIPT", script)
    assert provision()
    assert one(database, "select has_schema_privilege('dpo', 'marts', 'usage')")
    assert provision() == []


def test_a_newer_schema_is_refused_in_one_sentence(database):
    provision()
    run(database, "update ops.alembic_version set version_num = '9999'; drop schema bi cascade")
    with pytest.raises(NewerSchemaError, match=r"9999.*newer release.*backup"):
        provision()
    assert one(database, "select to_regnamespace('bi')") is None, "nothing was changed"
    done = subprocess.run([str(Path(sys.executable).parent / "lmw"), "prepare"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("lmw: the database has revision 9999")
    assert len(done.stderr.splitlines()) == 1


def test_loads_and_builds_need_the_schema_of_the_release(database, add_revision):
    provision()
    add_revision(NEXT, "create table ops.note (n integer);")
    with pytest.raises(LabourMarketError, match=rf"lacks revision {NEXT} of the schema.*lmw prepare"):
        load("employers")
    with pytest.raises(LabourMarketError, match=f"lacks revision {NEXT}"):
        build()
    provision()
    assert load("employers").outcomes == {}
    run(database, "update ops.alembic_version set version_num = '9999'")
    with pytest.raises(NewerSchemaError):
        load("employers")


# what the revisions after the baseline have made
UNVERSIONED = (
    "drop table ops.alembic_version, ops.core_change, ops.cell_scope, ops.gateway_request, ops.alert, ops.alert_mute, ops.erasure,"
    " ops.destroyed_file, ops.analysis_secret;"
    "drop table vault.person_version, vault.erasure_request; alter table vault.person drop column sender_code;"
    "alter table ops.reconcile_finding drop column finding_id, drop column closed_at, drop column closed_by, drop column close_reason;"
    "alter table quarantine.rejected_row rename column value_pattern to value_class;"
    "alter table ops.batch drop constraint batch_state_check;"
    "alter table ops.batch add check (state in"
    " ('discovered', 'landed', 'staged', 'audited', 'published', 'quarantined', 'rejected', 'superseded'));"
)


def test_an_installation_without_version_is_recognised_and_keeps_its_additions(database):
    provision()
    run(database, UNVERSIONED)
    run(
        database,
        "delete from ops.setting;"
        " create index of_an_administrator on ops.batch (sender_code); create table core.copy_of_a_table as select 1 as n;"
        " alter table core.employers add column of_an_older_contract text",
    )
    assert [line for line in provision() if "0001" in line] == [], "the baseline exists and is not made again"
    assert one(database, "select version_num from ops.alembic_version") == revisions()[-1]
    assert one(database, "select count(*) from pg_indexes where indexname = 'of_an_administrator'") == 1


@pytest.mark.parametrize(
    ("difference", "named"),
    [
        ("alter table ops.batch drop column remedy_vi", "ops.batch.remedy_vi"),
        ("alter table core.employers alter column headcount type integer", "core.employers.headcount"),
        ("drop table vault.erased_person", "vault.erased_person"),
        ("alter table ops.outbox add column needed text not null", "ops.outbox.needed"),
        ("alter table ops.outbox add check (period <> '')", "ops.outbox"),
        ("revoke select on ops.batch from steward", "ops.batch"),
        ("alter function ops.agrees stable", "agrees"),
    ],
)
def test_an_installation_without_version_that_differs_is_refused(database, difference, named):
    provision()
    run(database, UNVERSIONED + "drop schema bi;" + difference)
    with pytest.raises(UnknownSchemaError, match=named):
        provision()
    assert one(database, "select to_regclass('ops.alembic_version') is null and to_regnamespace('bi') is null"), "nothing was changed"


def test_tables_of_another_program_are_refused(database, server):
    run(server.admin_dsn, f"create database {conninfo.conninfo_to_dict(database)['dbname']}")
    run(database, "create schema core; create table core.invoice (n integer)")
    with pytest.raises(UnknownSchemaError, match="without a version"):
        provision()
    assert one(database, "select to_regnamespace('ops')") is None


def test_a_revision_changes_the_type_of_a_column_that_views_read(database, add_revision, tmp_path):
    provision()
    run(database, "set role transformer; create view staging.attempts as select batch_id, attempt from ops.batch")
    add_revision(NEXT, "set role loader;\nalter table ops.batch alter column attempt type bigint;\nreset role;\n")
    with pytest.raises(Exception, match="cannot alter type of a column used by a view"):
        provision()
    stub = tmp_path / "versions" / f"{NEXT}_test.py"
    stub.write_text(stub.read_text(encoding="utf-8").replace("run_sql(__file__)", 'run_sql(__file__, "ops.batch")'), encoding="utf-8")
    provision()
    assert one(database, "select pg_typeof(max(attempt))::text from staging.attempts") == "bigint"
    assert one(database, "select pg_get_userbyid(relowner) from pg_class where relname = 'attempts'") == "transformer"
    assert one(database, "select version_num from ops.alembic_version") == NEXT


def test_a_revision_waits_for_readers_without_blocking_others(database, add_revision, locked, monkeypatch):
    provision()
    monkeypatch.setattr(lock_timeout, "LOCK_TIMEOUT", "500ms")
    add_revision(NEXT, "alter table ops.batch add column note text;")
    reader = locked(database, "select count(*) from ops.batch")
    with ThreadPoolExecutor() as pool:
        migration = pool.submit(provision)
        for _ in range(10):
            with connect("steward") as other:
                other.execute("set statement_timeout = '5s'")
                other.execute("select count(*) from ops.batch")
            time.sleep(0.2)
        assert not migration.done()
        reader.rollback()
        assert any(NEXT in line for line in migration.result(timeout=30))
    assert one(database, "select version_num from ops.alembic_version") == NEXT


def test_a_revision_that_gets_no_lock_changes_nothing_and_names_the_session(database, add_revision, locked, monkeypatch):
    provision()
    monkeypatch.setattr(lock_timeout, "LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr(lock_timeout, "PATIENCE_SECONDS", 1.0)
    add_revision(NEXT, "create table ops.early (n integer); alter table ops.batch add column note text;")
    locked(database, "select count(*) from ops.batch")
    with pytest.raises(SchemaLockedError, match="bi tool"):
        provision()
    assert one(database, "select version_num from ops.alembic_version") == LATEST
    assert one(database, "select to_regclass('ops.early')") is None


def test_a_migration_that_was_killed_inside_a_revision_goes_on_with_it(database, add_revision, locked):
    provision()
    add_revision(NEXT, "create table ops.first (n integer);")
    add_revision(SECOND, "create table ops.second (n integer); alter table ops.batch add column note text;")
    add_revision(THIRD, "create table ops.third (n integer);")
    reader = locked(database, "select count(*) from ops.batch")
    patched = (
        "from pathlib import Path; from labour_market.database import lock_timeout, migrations;"
        f"migrations.VERSIONS = Path({str(migrations.VERSIONS)!r}); lock_timeout.LOCK_TIMEOUT = '600s'; "
    )
    process = subprocess.Popen([sys.executable, "-c", patched + PROVISION])
    waiting = "select count(*) from pg_stat_activity where application_name = 'lmw-migrations' and wait_event_type = 'Lock'"
    try:
        for _ in range(300):
            if one(database, waiting):
                break
            time.sleep(0.1)
        assert one(database, waiting) == 1
    finally:
        process.kill()
        process.wait()
    assert one(database, "select version_num from ops.alembic_version") == NEXT
    assert one(database, "select to_regclass('ops.second')") is None
    reader.rollback()
    assert [line.split(",")[0] for line in provision()] == [f"schema: revision {number}" for number in (SECOND, THIRD)]
    assert one(database, "select to_regclass('ops.second') is not null and to_regclass('ops.third') is not null")


def test_an_error_in_a_revision_undoes_that_revision_only(database, add_revision):
    add_revision(NEXT, "create table ops.first (n integer);")
    add_revision(SECOND, "create table ops.second (n integer); select 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        provision()
    assert one(database, "select version_num from ops.alembic_version") == NEXT
    assert one(database, "select to_regclass('ops.second')") is None


def test_several_processes_that_prepare_at_once_make_one_database(database):
    with ThreadPoolExecutor() as pool:
        done = list(
            pool.map(
                lambda _: subprocess.run([sys.executable, "-c", PROVISION], capture_output=True, text=True, check=False, timeout=120),
                range(3),
            )
        )
    assert [process.returncode for process in done] == [0, 0, 0], [process.stderr[-1000:] for process in done]
    assert sorted(process.stdout.count("schema: revision") for process in done) == [0, 0, len(revisions())]
    assert provision() == []
    assert load_settings().warehouse_dsn == database
