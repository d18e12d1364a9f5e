"""A process of the pipeline that is killed, told to end, or stopped, and the run after it."""

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from labour_market import transform
from labour_market.database import connect, locks
from labour_market.errors import LabourMarketError
from labour_market.ingestion.loading import load
from labour_market.settings import load_settings
from psycopg import sql

from tests.faults import fault
from tests.faults.interruption import Forked, Point, forked, killed, wrap
from tests.faults.offices import Office
from tests.faults.oracle import check_atomic, check_office
from tests.faults.sent import PERIODS, READ_AS
from tests.faults.watching import Poller, Watcher, rows_of, wait_for_dbt

LEDGER = "labour_market.batches.ledger"
LOADING = "labour_market.ingestion.loading"
PUBLICATION = "labour_market.ingestion.publishing:_Publication"
PULL_POINTS = [
    Point(f"{LEDGER}:announce"),  # nothing is announced
    Point(f"{LEDGER}:announce", "after"),
    Point(f"{LEDGER}:take", "after"),
    Point("os:link"),  # written, and not in the store yet
    Point("os:link", "after"),  # in the store, and not in the ledger
    Point("labour_market.batches.landing:LandingStore.put", "after"),
    Point(f"{LEDGER}:move"),
    Point(f"{LEDGER}:move", "after"),  # landed
    Point("labour_market.batches.landing:LandingStore.put", "before", 2),
]
LOAD_POINTS = [
    Point(f"{LOADING}:make_stage_table", "after"),
    Point("psycopg:Copy.write"),
    Point("psycopg:Copy.write", "after"),  # in the middle of a COPY
    Point(f"{LEDGER}:move"),  # to staged, in the transaction of the COPY
    Point(f"{LOADING}:Load.stage", "after", 2),
    Point(f"{LOADING}:Load.audit"),
    Point("labour_market.quality.gate:_run_suite", "after"),  # in the middle of an audit
    Point("labour_market.quality.gate:_write_failures", "after"),
    Point(f"{LOADING}:Load.audit", "after"),
    Point(f"{PUBLICATION}.quarantine_rows", "after"),
    Point(f"{PUBLICATION}.write_core", "after", 2),
    Point(f"{PUBLICATION}.fill_vault", "after"),
    Point("labour_market.ingestion.publishing:_supersede_older", "after"),
    Point(f"{LOADING}:publish_batch", "after"),  # committed, and not reported
    Point(f"{LOADING}:publish_batch", "after", 3),
    Point(f"{LOADING}:drop_stage_tables", "before", 2),
]
BUILD_POINTS = [
    Point("labour_market.transform.builds:_open", "after"),
    Point("labour_market.transform.dbt:DbtProcess.run", "after"),  # written, and not recorded
    Point("labour_market.transform.builds:_record", "after"),
    Point("psycopg:Cursor.execute", "before", text="update ops.outbox set built_at"),
    Point("psycopg:Cursor.execute", "after", text="update ops.outbox set built_at"),
    Point("labour_market.transform.builds:fill_scope", "after"),
]


def some(points: list[Point], seed: int, count: int) -> list[Point]:
    """As many points, others for each seed, in an order of the seed."""
    chosen = [points[(seed * count + place) % len(points)] for place in range(count)]
    random.Random(seed).shuffle(chosen)
    return chosen


@fault("the process of a pull is killed at any point", promises="P1 P2 P4")
def test_a_killed_pull_is_made_again(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed, 2)
    for code in codes:
        office.send(office.make(feed, code, PERIODS[feed][0]))
    assert sum(killed(lambda: office.pull(feed), point) for point in some(PULL_POINTS, seed, 3)) > 0
    store = Path(load_settings().landing_url)
    for abandoned in store.glob("partial/*"):
        os.utime(abandoned, (0, 0))  # a day later
    office.pull(feed)
    office.load(feed)
    check_office(office)
    files = [path.name for path in store.rglob("*") if path.is_file()]
    assert sorted(files) == sorted(sha256 for (sha256,) in office.admin.execute("select distinct sha256 from ops.batch"))


@fault("the process of a load is killed at any point", promises="P1 P2 P3 P5")
def test_a_killed_load_is_made_again(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed)
    office.land_correction(feed, codes)
    with Watcher([feed], places=(False,)) as reader:
        for point in some(LOAD_POINTS, seed, 3):
            killed(lambda: load(feed), point)
        office.load(feed)
    check_office(office)
    check_atomic(office, reader)
    left = office.admin.execute("select count(*) from pg_tables where schemaname = 'stage'").fetchone()
    assert left == (0,)


@fault("the process of a load is killed while it waits for any answer of the server", promises="P1 P2 P3 P5")
def test_a_load_that_is_killed_while_it_waits_is_made_again(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed)
    office.land_correction(feed, codes)
    chance = random.Random(seed)
    with Watcher([feed], places=(False,)) as reader:
        for _ in range(3):
            killed(lambda: load(feed), Point("psycopg:Connection.wait", chance.choice(["before", "after"]), chance.randrange(1, 140)))
        office.load(feed)
    check_office(office)
    check_atomic(office, reader)


@fault("the process of a build is killed or ended at any point", promises="P2 P3", most=6)
@pytest.mark.timeout(600)
def test_a_killed_build_is_made_again(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed, 2)
    office.send(office.make(feed, codes[0], PERIODS[feed][0]))
    office.pull(feed)
    office.load(feed)
    transform.build()
    office.send(office.make(feed, codes[0], PERIODS[feed][0], 2, version=2, withdrawn=10))
    office.send(office.make(feed, codes[1], PERIODS[feed][0]))
    office.pull(feed)
    office.load(feed)
    with Watcher([feed], places=(True,)) as reader:
        number = (signal.SIGKILL, signal.SIGTERM)[(seed + seed // len(BUILD_POINTS)) % 2]
        assert forked(transform.build, BUILD_POINTS[seed % len(BUILD_POINTS)], number).wait() == -number
        transform.build()
    check_office(office, marts=True)
    check_atomic(office, reader)


@fault("dbt is killed between two models", promises="P2 P3 P4", most=4)
@pytest.mark.timeout(600)
def test_readers_see_one_build_when_dbt_is_killed_between_models(seed: int, office: Office) -> None:
    """Right: facts, cells and vintages are those of one build, until the next build has replaced all of them."""
    feed, codes = office.choose(seed, 2)
    office.land_correction(feed, codes)
    transform.build()
    office.load(feed)
    query = sql.SQL(
        "select (select count(*) from marts.{fact}), (select sum(numerator)::text from indicators.indicator_cell),"
        " (select count(*) from vintages.fct_report_indicator where known_to = 'infinity')"
    ).format(fact=sql.Identifier(READ_AS[feed][2]))
    table = ("indicators.indicator_cell", "vintages.fct_report_indicator")[seed % 2]
    with Poller(rows_of(query)) as reader, connect("transformer") as holder:
        holder.execute(f"lock table {table} in share mode")
        with Forked(transform.build) as build:
            wait_for_dbt()
            build.send(signal.SIGKILL)
            build.wait()
        holder.rollback()
        transform.build()
    assert len(reader.answers) == 2, "that before the build, and that after the next one"
    check_office(office, marts=True)


class TaskEndedError(BaseException):
    """What Airflow raises in a task that is marked or cleared while it runs."""


def end_as_airflow_does() -> None:
    def end(*_: object) -> None:
        raise TaskEndedError

    signal.signal(signal.SIGTERM, end)


@fault("a step is ended by SIGTERM, by Airflow or from the keyboard", promises="P1 P2 P3 P4")
def test_a_step_that_a_signal_ends_is_made_again(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed)
    office.land_correction(feed, codes)
    office.send(office.make(feed, codes[1], PERIODS[feed][0], 2, version=2, withdrawn=10))
    chance = random.Random(seed)
    ways: list[tuple[Callable[[], Any], signal.Signals]] = [
        (lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL), signal.SIGTERM),
        (end_as_airflow_does, signal.SIGTERM),
        (lambda: signal.signal(signal.SIGINT, signal.default_int_handler), signal.SIGINT),
    ]
    with Watcher([feed], places=(False,)) as reader:
        for work, points in ((lambda: office.pull(feed), PULL_POINTS), (lambda: load(feed), LOAD_POINTS)):
            point, (prepare, number) = chance.choice(points), chance.choice(ways)
            Forked(work, prepare, lambda point=point, number=number: wrap(point, lambda: os.kill(os.getpid(), number))).wait()
        office.pull(feed)
        office.load(feed)
    check_office(office)
    check_atomic(office, reader)


@fault("the same batches are loaded by two processes at once", promises="P2 P3")
def test_two_loads_at_once_publish_each_batch_once(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed)
    office.land_correction(feed, codes)
    with Watcher([feed], places=(False,)) as reader:
        processes = [forked(lambda: office.pull(feed)), *(forked(lambda: load(feed)) for _ in range(2 + seed % 2))]
        assert [process.wait() for process in processes] == [0] * len(processes)
        office.conclude(feed)
    check_office(office)
    check_atomic(office, reader)


@fault("a load is stopped, the next one runs, and the first goes on", promises="P1 P2 P3")
def test_a_stopped_load_publishes_nothing_after_the_next(seed: int, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "SILENT_SECONDS", 1)
    monkeypatch.setattr(locks, "LOOK_EVERY_SECONDS", 0.3)
    feed, codes = office.choose(seed)
    office.land_correction(feed, codes)
    points = [point for point in LOAD_POINTS if not point.function.endswith("_supersede_older")]  # only of a snapshot
    point = points[seed * 4 % len(points)]
    with Watcher([feed], places=(False,)) as reader, forked(lambda: load(feed), point, signal.SIGSTOP) as stopped:
        stopped.wait_stopped()
        office.load(feed)
        check_office(office)
        stopped.send(signal.SIGCONT)
        stopped.wait()
    check_office(office)
    check_atomic(office, reader)


@fault("a pull is stopped while it fetches, the next one runs, and the first goes on", promises="P1 P2 P4")
def test_a_stopped_pull_lands_nothing_after_the_next(seed: int, office: Office) -> None:
    feed, codes = office.choose(seed, 2)
    for code in codes:
        office.send(office.make(feed, code, PERIODS[feed][0]))
    with forked(lambda: office.pull(feed), PULL_POINTS[seed % len(PULL_POINTS)], signal.SIGSTOP) as stopped:
        stopped.wait_stopped()
        office.pull(feed)
        if seed % 2:
            office.load(feed)
        stopped.send(signal.SIGCONT)
        assert stopped.wait() == 0
    office.load(feed)
    check_office(office)
    landings = office.admin.execute("select count(*) from ops.batch_event where to_state = 'landed' group by batch_id").fetchall()
    assert landings == [(1,), (1,)]


@fault("the key of the pseudonyms is gone, or is another one", promises="P1 P4 P8")
def test_a_load_without_its_key_publishes_nothing(seed: int, office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    home = tmp_path / "home"
    secrets = load_settings().secrets_dir
    home.mkdir(mode=0o700)
    (home / "secrets").mkdir(mode=0o700)
    for path in secrets.iterdir():
        (home / "secrets" / path.name).write_bytes(path.read_bytes())
        (home / "secrets" / path.name).chmod(0o600)
    monkeypatch.setenv("LMW_HOME", str(home))
    for name in ("pseudonym_key", "pseudonym_key.id"):
        (home / "secrets" / name).unlink(missing_ok=True)
    feed, codes = office.choose(seed, feeds=("labour_survey",))
    office.land_correction(feed, codes)
    persons = office.admin.execute("select person_key from core.labour_survey where person_key is not null").fetchall()
    assert persons
    key, kept = home / "secrets" / "pseudonym_key", (home / "secrets" / "pseudonym_key").read_text()
    change: dict[int, Callable[[], Any]] = {
        0: key.unlink,  # lost
        1: lambda: key.write_text("another key, as long as a key must be"),
        2: lambda: monkeypatch.setenv("LMW_PSEUDONYM_KEY", "another key, as long as a key must be"),
        3: lambda: [(home / "secrets" / name).unlink() for name in ("pseudonym_key", "pseudonym_key.id")],  # a new home, an old database
        4: lambda: [  # another key from the environment, in a new home
            monkeypatch.setenv("LMW_PSEUDONYM_KEY", "another key, as long as a key must be"),
            (home / "secrets" / "pseudonym_key.id").unlink(),
        ],
        5: lambda: key.write_text(""),
    }
    change[seed % 6]()
    with pytest.raises(LabourMarketError):
        load(feed)
    assert office.admin.execute("select person_key from core.labour_survey where person_key is not null").fetchall() == persons
    assert office.admin.execute("select count(*) from ops.batch where state = 'landed'").fetchone() == (3,)
    monkeypatch.delenv("LMW_PSEUDONYM_KEY", raising=False)
    for name in ("pseudonym_key", "pseudonym_key.id"):
        (home / "secrets" / name).unlink(missing_ok=True)
    key.touch(mode=0o600)
    key.write_text(kept)
    office.load(feed)
    check_office(office)
    ids = office.admin.execute(
        "select distinct split_part(person_key, ':', 1) from core.labour_survey where person_key is not null"
    ).fetchall()
    assert len(ids) == 1
