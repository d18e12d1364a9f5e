"""Faults of the database: a server that stops, a disk that is full, locks of readers, errors that pass, and another schema."""

import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import psycopg
import pytest
from labour_market import transform
from labour_market.database import connect, migrations, provision
from labour_market.database.migrations import catalog
from labour_market.errors import LabourMarketError
from labour_market.ingestion.loading import load
from labour_market.ingestion.pulling import pull
from labour_market.local_stack import postgres
from psycopg import sql

from tests.conftest import Server, program
from tests.faults import fault
from tests.faults.interruption import Forked, Point, forked, killed, wrap
from tests.faults.offices import Office
from tests.faults.oracle import check_atomic, check_office
from tests.faults.sent import PERIODS, READ_AS
from tests.faults.test_killed_processes import LOADING, PUBLICATION
from tests.faults.watching import Poller, Watcher, rows_of, wait_for_dbt

MOST_SECONDS_OF_A_READER = 5.0
STOP_POINTS = [
    Point("psycopg:Copy.write", "after"),
    Point(f"{PUBLICATION}.write_core", "after"),
    Point(f"{LOADING}:publish_batch", "after"),
    Point("labour_market.quality.gate:_run_suite"),
    Point(f"{LOADING}:Load.audit", "after"),
    Point("labour_market.ingestion.publishing:find_replacement", "after", 2),
]


def stop(server: Server, mode: str) -> None:
    done = postgres._run("pg_ctl", "stop", "-w", "-t", "60", "-m", mode, "-D", str(server.home / "postgres"))
    assert not done.returncode, done.stderr


@pytest.fixture
def stoppable(server: Server) -> Iterator[Server]:
    """The shared server, which runs again at the end."""
    yield server
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("WAREHOUSE_DSN", raising=False)
        postgres.start_server(server.home)


@fault("the server stops while a feed is loaded", promises="P1 P2 P3 P4")
def test_a_load_whose_server_stops_is_made_again(seed: int, stoppable: Server, office: Office) -> None:
    mode = ("fast", "immediate")[seed % 2]
    feed, codes = office.choose(seed)
    office.land_correction(feed, codes)
    point = STOP_POINTS[(seed // 2) % len(STOP_POINTS)]
    with Forked(lambda: load(feed), lambda: wrap(point, lambda: stop(stoppable, mode))) as process:
        assert process.wait() == 1, "the load ends with an error"
    assert not postgres.server_running(stoppable.home)
    with pytest.raises(psycopg.OperationalError):
        load(feed)
    postgres.start_server(stoppable.home)
    office.reconnect()
    office.load(feed)
    check_office(office)


@fault("the server stops while dbt writes", promises="P2 P3", most=4)
@pytest.mark.timeout(600)
def test_a_build_whose_server_stops_is_made_again(seed: int, stoppable: Server, office: Office) -> None:
    feed, codes = office.choose(seed, 2)
    office.land_correction(feed, codes)
    transform.build()
    office.load(feed)
    table = (f"marts.{READ_AS[feed][2]}", "indicators.indicator_cell")[seed % 2]
    with closing(connect("transformer")) as holder, Forked(transform.build) as build:
        holder.execute(f"lock table {table} in share mode")
        wait_for_dbt()
        stop(stoppable, ("immediate", "fast")[seed // 2 % 2])
        assert build.wait() == 1
    postgres.start_server(stoppable.home)
    office.reconnect()
    transform.build()
    check_office(office, marts=True)


# ---- disks


@pytest.fixture
def small_disk(tmp_path: Path, server: Server) -> Iterator[Callable[[int], Path]]:
    """Gives a small disk of so many bytes, on which the server may write."""
    with ExitStack() as mounted:

        def mount(size: int) -> Path:
            folder = tmp_path / "disk"
            folder.mkdir()
            owner = psutil.Process(int((server.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])).uids().real
            options = f"size={size},uid={owner},mode=700"
            done = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True, check=False
            )
            if done.returncode:
                pytest.skip(f"this machine allows no mount of a small disk: {done.stderr.strip()}")
            mounted.callback(subprocess.run, ["umount", "-l", str(folder)], check=False)
            return folder

        program("mount")
        yield mount


def fill(disk: Path, leave: int) -> Path:
    """Fill a disk but for so many bytes; returns the file that does."""
    filler = disk / "filler"
    free = os.statvfs(disk)
    filler.write_bytes(b"x" * max(0, free.f_bavail * free.f_frsize - leave))
    return filler


@fault("the disk of the landing store is full", promises="P1 P4 P6")
def test_a_pull_onto_a_full_disk_lands_the_rest_later(
    seed: int, office: Office, small_disk: Callable[[int], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    disk = small_disk(2**20)
    monkeypatch.setenv("LMW_LANDING", str(disk / "landing"))
    feed, codes = office.choose(seed)
    for code in codes:
        office.send(office.make(feed, code, PERIODS[feed][0]))
    filler = fill(disk, leave=random.Random(seed).choice([0, 4096, 16_384, 24_576]))
    refused = []
    for sender in office.senders:
        try:
            pull(feed, sender)
        except LabourMarketError as error:
            refused.append(str(error))
    assert refused
    assert all("No space left on device" in text for text in refused), "the sentence names the cause"
    partial = disk / "landing" / "partial"
    assert not partial.exists() or not list(partial.iterdir())
    states = dict(office.admin.execute("select delivery_id, state from ops.batch").fetchall())
    assert len(states) == len(codes)
    assert list(states.values()).count("failed") == len(refused)
    assert set(states.values()) <= {"failed", "landed"}
    load(feed)  # the others do not wait
    assert "landed" not in {state for (state,) in office.admin.execute("select state from ops.batch")}
    filler.unlink()
    office.pull(feed)
    office.load(feed)
    check_office(office)


@fault("the disk of the database is full while a feed is loaded", promises="P1 P2 P3 P4")
def test_a_load_onto_a_full_disk_publishes_the_rest_later(seed: int, office: Office, small_disk: Callable[[int], Path]) -> None:
    disk = small_disk(4 * 2**20)
    feed, codes = office.choose(seed)
    office.land_correction(feed, codes)
    place = f"small_{os.getpid()}_{seed}"
    with psycopg.connect(office.dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("create tablespace {} location {}").format(sql.Identifier(place), sql.Literal(str(disk))))
        name = admin.info.dbname
        try:
            if seed % 2:  # stage
                admin.execute(sql.SQL("grant create on tablespace {} to loader").format(sql.Identifier(place)))
                admin.execute(
                    sql.SQL("alter role loader in database {} set default_tablespace = {}").format(sql.Identifier(name), sql.Literal(place))
                )
            else:
                admin.execute(sql.SQL("alter table core.{} set tablespace {}").format(sql.Identifier(feed), sql.Identifier(place)))
            filler = fill(disk, leave=random.Random(seed).choice([0, 1, 2]) * 8192)
            with Watcher([feed], places=(False,)) as reader:
                try:
                    errors = load(feed).sentences
                except psycopg.Error as error:
                    errors = [type(error).__name__]
                assert errors
                assert all("DiskFull" in text for text in errors)
                filler.unlink()
                office.load(feed)
            check_office(office)
            check_atomic(office, reader)
        finally:
            admin.execute(sql.SQL("alter role loader in database {} reset default_tablespace").format(sql.Identifier(name)))
            admin.execute(sql.SQL("alter table core.{} set tablespace pg_default").format(sql.Identifier(feed)))
            for (table,) in admin.execute("select tablename from pg_tables where schemaname = 'stage'").fetchall():
                admin.execute(sql.SQL("drop table stage.{}").format(sql.Identifier(table)))
            admin.execute(sql.SQL("revoke all on tablespace {} from loader").format(sql.Identifier(place)))
            admin.execute(sql.SQL("drop tablespace {}").format(sql.Identifier(place)))


@pytest.fixture
def log_on_small_disk(stoppable: Server, small_disk: Callable[[int], Path]) -> Iterator[Path]:
    """The disk on which the shared server writes its write-ahead log; at the end the log is where it was."""
    disk = small_disk(256 * 2**20)
    place = stoppable.home / "postgres" / "pg_wal"
    owner = place.stat()
    postgres.stop_server(stoppable.home)
    shutil.move(place, disk / "pg_wal")
    place.symlink_to(disk / "pg_wal")
    try:
        subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", str(disk / "pg_wal")], check=True)
        postgres.start_server(stoppable.home)
        yield disk
    finally:
        postgres.stop_server(stoppable.home)
        place.unlink()
        shutil.move(disk / "pg_wal", place)
        subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", str(place)], check=True)
        postgres.start_server(stoppable.home)


def write_log(dsn: str) -> None:
    """Write into the log until the server has no space for it, and ends."""
    with pytest.raises(psycopg.OperationalError), psycopg.connect(dsn, autocommit=True) as connection:
        for _ in range(10_000):
            connection.execute("select pg_logical_emit_message(false, 'test', repeat('x', 500000))")


@fault("the disk of the write-ahead log is full, and the server ends", promises="P1 P2 P3 P4", most=4)
def test_a_server_without_space_for_its_log_loses_nothing(seed: int, log_on_small_disk: Path, server: Server, office: Office) -> None:
    feed, codes = office.choose(seed)
    office.land_correction(feed, codes)
    filler = fill(log_on_small_disk, leave=0)
    with forked(lambda: load(feed)) as process:
        time.sleep(random.Random(seed).uniform(0, 2))
        write_log(office.dsn)
        process.wait()
    filler.unlink()
    postgres.start_server(server.home)
    office.reconnect()
    office.load(feed)
    check_office(office)


@fault("a build needs more temporary space than there is", promises="P2 P3", most=3)
@pytest.mark.timeout(600)
def test_a_build_without_temporary_space_leaves_the_marts_as_they_were(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed, 2)
    office.land_correction(feed, codes)
    transform.build()
    office.load(feed)
    with psycopg.connect(office.dsn, autocommit=True) as admin, Watcher([feed], places=(True,)) as reader:
        role = sql.SQL("alter role transformer in database {}").format(sql.Identifier(admin.info.dbname))
        admin.execute(role + sql.SQL(" set temp_file_limit = 0"))
        admin.execute(role + sql.SQL(" set work_mem = '64kB'"))
        with pytest.raises(LabourMarketError, match="temp_file_limit"):
            transform.build()
        assert office.admin.execute("select count(*) > 0 from ops.outbox where built_at is null").fetchone() == (True,)
        admin.execute(role + sql.SQL(" reset temp_file_limit"))
        admin.execute(role + sql.SQL(" reset work_mem"))
        transform.build()
    check_office(office, marts=True)
    check_atomic(office, reader)


# ---- locks


def _read_until_cancelled(session: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        session.execute("select count(*), pg_sleep(600) from bi.indicator")


@fault("BI sessions stay in a transaction and read for long while a feed is loaded and built", promises="P3 P4", most=4)
@pytest.mark.timeout(600)
def test_no_reader_waits_and_no_reader_holds_up_a_build(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed, 2)
    office.land_correction(feed, codes)
    transform.build()
    with ExitStack() as sessions:
        idle = sessions.enter_context(connect("transformer"))
        tables = idle.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('marts', 'indicators', 'vintages', 'core')"
        ).fetchall()
        before = {name: idle.execute(f"select count(*) from {name}").fetchone() for (name,) in tables}  # noqa: S608
        long = sessions.enter_context(connect("bi_reader", autocommit=True))
        reading = threading.Thread(target=lambda: _read_until_cancelled(long))
        reading.start()
        readers = [
            sessions.enter_context(reader)
            for reader in (
                Watcher([feed], places=(True,)),
                Watcher([feed], places=(False,)),
                Poller(rows_of("select count(*) from bi.indicator"), "bi_reader"),
                Poller(rows_of("select count(*) from bi.batch_freshness"), "bi_reader"),
            )
        ]
        office.load(feed)
        begun = time.monotonic()
        transform.build()
        seconds = time.monotonic() - begun
        assert reading.is_alive(), "it reads as long as the build takes"
        long.cancel()
        reading.join()
        assert {name: idle.execute(f"select count(*) from {name}").fetchone() for (name,) in tables}.keys() == before.keys()  # noqa: S608
    assert seconds < 240, "the build did not wait for the readers"
    assert max(reader.longest for reader in readers) < MOST_SECONDS_OF_A_READER
    check_office(office, marts=True)
    for reader in readers[:2]:
        check_atomic(office, reader)


# ---- errors that pass

RAISE = """
create sequence public.failures;
grant usage on sequence public.failures to public;
create function public.fail_once() returns trigger language plpgsql as $$
begin
    if nextval('public.failures') <= {times} then
        raise exception 'injected' using errcode = {code};
    end if;
    return new;
end $$;
create trigger fail_once before insert or update on {table} for each statement execute function public.fail_once();
"""


@fault("the server ends a transaction by a deadlock or a serialization failure", promises="P1 P2 P3 P4")
def test_a_transaction_that_the_server_ended_is_tried_again(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed)
    office.land_correction(feed, codes)
    code = ("40001", "40P01", "55P03")[seed % 3]
    table = ("core." + feed, "ops.outbox", "ops.audit_result", "core." + feed)[seed % 4]
    times = 1 if seed % 5 else 2
    with psycopg.connect(office.dsn, autocommit=True) as admin:
        admin.execute(sql.SQL(RAISE).format(times=sql.Literal(times), code=sql.Literal(code), table=sql.SQL(table)))
        with Watcher([feed], places=(False,)) as reader:
            report = load(feed)
            assert report.errors == {}, "it is tried again at once"
        office.conclude(feed)
        assert admin.execute("select last_value > %s from public.failures", [times]).fetchone() == (True,)
    check_office(office)
    check_atomic(office, reader)


# ---- schemas


@fault("the schema is older or newer than the release", promises="P1 P4")
def test_nothing_is_written_into_another_schema(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed, 2)
    office.send(office.make(feed, codes[0], PERIODS[feed][0]))
    office.pull(feed)
    office.send(office.make(feed, codes[1], PERIODS[feed][0]))
    latest = migrations.revisions()[-1]
    other = ("9999", migrations.revisions()[seed % (len(migrations.revisions()) - 1)])[seed % 2]
    with psycopg.connect(office.dsn, autocommit=True) as admin:
        admin.execute("update ops.alembic_version set version_num = %s", [other])
        before = admin.execute("select batch_id, state, attempt from ops.batch").fetchall()
        for work in (lambda: office.pull(feed), lambda: load(feed), transform.build):
            with pytest.raises(LabourMarketError, match=r"revision|release"):
                work()
        assert admin.execute("select batch_id, state, attempt from ops.batch").fetchall() == before
        admin.execute("update ops.alembic_version set version_num = %s", [latest])
    office.pull(feed)
    office.load(feed)
    check_office(office)


@fault("a migration is killed at any point", promises="P1 P2 P4")
@pytest.mark.timeout(600)
def test_a_killed_migration_is_resumed(seed: int, database: str, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE_DSN", database)
    chance = random.Random(seed)
    reached = 0
    for _ in range(3):
        reached += killed(provision, Point("psycopg:Connection.wait", chance.choice(["before", "after"]), chance.randrange(5, 260)))
        with psycopg.connect(database) as admin:
            exists = admin.execute("select to_regclass('ops.alembic_version') is not null").fetchone() == (True,)
        if exists:
            try:
                load("employers")
            except (LabourMarketError, psycopg.Error) as error:
                assert "lmw prepare" in str(error) or "password" in str(error) or "role" in str(error)
    assert reached
    provision()
    assert provision() == []
    with psycopg.connect(database) as resumed, psycopg.connect(warehouse) as complete:
        assert catalog(resumed, migrations.VERSIONED_SCHEMAS) == catalog(complete, migrations.VERSIONED_SCHEMAS)
    assert load("employers").outcomes == {}
