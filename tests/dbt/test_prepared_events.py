"""What changes figures while a build runs or without an event: afterwards every row is as a build of everything leaves it."""

from collections.abc import Iterator

import psycopg
import pytest
from labour_market import transform
from labour_market.database import connect
from labour_market.persons import links
from labour_market.transform import builds, dbt

from tests.dbt.rows import Core, employer, one, person, session, visit
from tests.dbt.test_programme import PASSED, check, move
from tests.dbt.test_scoped_build import content

CUTOFF = "intermediate.int_reporting_cutoff_date"
ORDER = {"order_no": "1", "employer_no": "7", "title": "công nhân may", "openings": 3, "posted_on": "2023-06-01", "deadline": "2023-07-02"}


def province(core: Core) -> None:
    core.publish("labour_survey", "794", "2022", [person("1")])


def stale(admin: psycopg.Connection) -> list[str]:
    """The relations that a build of everything changes; those that have the number of the build are left out."""
    scoped = content(admin)
    transform.build(full=True)
    return [
        name for name, rows in content(admin).items()
        if rows != scoped[name] and not name.startswith("vintages.") and name not in ("bi.vintage_batch", "bi.indicator_vintage")
    ]  # fmt: skip


def others(count: int = 7, **values) -> list[dict]:
    return [person(str(n), commune_code="28003", **values) for n in range(2, 2 + count)]


def test_an_event_that_is_committed_while_dbt_runs_is_left_to_the_next_build(admin, core, monkeypatch):
    with connect("loader") as slow:
        Core(slow).publish("labour_survey", "803", "2022", others())  # the lower number, committed later
        core.publish("employers", "794", "2023-06", [employer("1")])
        record = builds._record

        def commit_first(*arguments):
            slow.commit()
            return record(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(builds, "_record", commit_first)
            transform.build()
    assert one(admin, "select count(*) from ops.outbox where built_at is null") == 1
    transform.build()
    assert one(admin, "select count(*) from marts.fct_labour_supply where sender_code = '803'") == 7
    assert stale(admin) == []


def test_an_event_that_arrives_while_persons_are_linked_is_coded_as_well(admin, core, monkeypatch):
    core.publish("employers", "794", "2023-06", [employer("1")], sequence=2)
    link, arrived = links.update_links, []

    def publish_once(connection):
        if not arrived:
            arrived.append(core.publish("labour_survey", "803", "2023-05", others(job_text="thợ hàn")))
        return link(connection)

    with monkeypatch.context() as patch:
        patch.setattr(links, "update_links", publish_once)
        transform.build()
    coded = one(admin, "select count(*) from marts.fct_labour_supply where period = '2023-05' and occupation_official = '7212'")
    assert coded == 7
    assert stale(admin) == []


def test_a_blocked_delivery_is_counted(admin):
    (batch_id,) = admin.execute(
        "insert into ops.batch (feed, sender_code, delivery_id, period, sequence, media_type, declared_records, declared_bytes,"
        " declared_sha256, delivery_created_at, state)"
        " values ('labour_survey', '797', 'd', '2022', 1, 'application/json', 3, 1, 'x', now(), 'quarantined') returning batch_id"
    ).fetchone()  # fmt: skip
    admin.execute("insert into ops.batch_event (batch_id, attempt, to_state, actor) values (%s, 1, 'quarantined', 'tests')", [batch_id])
    assert transform.build().build_id
    assert transform.build().build_id is None
    assert stale(admin) == []


@pytest.mark.parametrize("feed", ["job_orders", "fair_attendance"])
def test_an_employer_that_another_feed_mentions_later_reaches_its_placements(admin, core, feed):
    number = {"job_orders": "7", "fair_attendance": "8"}[feed]
    core.publish("fair_sessions", "794", "2023-06", [session("A")])
    core.publish("placements", "SC", "2023-06", [check("V1", "start", "k:1", True, employer_no=number, employer_district="794")])
    transform.build()
    rows = {"job_orders": {**ORDER, "employer_no": number}, "fair_attendance": visit("1", "A", "k:9", employer_no=number, interviewed=True)}
    core.publish(feed, "794", "2023-06", [rows[feed]])
    transform.build()
    assert one(admin, "select employer_sk from marts.fct_placement where placement_no = 'V1'") != -1
    assert stale(admin) == []


def test_a_later_check_that_names_the_session_reaches_the_visit(admin, core):
    core.publish("fair_sessions", "794", "2023-06", [session("A")])
    core.publish("fair_attendance", "794", "2023-06", [visit("1", "A", "k:21", start_date="2023-06-12", **PASSED)])
    core.publish("placements", "SC", "2023-06", [check("V2", "start", "k:21", True, employer_no="1", employer_district="794")])
    transform.build()
    core.publish("placements", "SC", "2025-06", [check("V2", "m3", None, True, session_no="A", employer_no="1", employer_district="794")])
    transform.build()
    assert stale(admin) == []


@pytest.fixture
def day(admin: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator:
    """Sets the day on which a build runs: for dbt by its variable, for the view of the cutoff by its text."""
    original, run = one(admin, f"select pg_get_viewdef('{CUTOFF}'::regclass)"), dbt.DbtProcess.run

    def on(text: str) -> None:
        before, found, rest = original.partition("LEAST(max(day), ")
        assert found, original
        admin.execute(f"create or replace view {CUTOFF} as {before}{found}'{text}'::date){rest[rest.index(' AS day') :]}")
        monkeypatch.setattr(
            dbt.DbtProcess,
            "run",
            lambda self, arguments, **named: run(self, [*arguments, "--vars", f"{{reporting_date: '{text}'}}"], **named),
        )

    yield on
    admin.execute(f"create or replace view {CUTOFF} as {original}")


@pytest.mark.parametrize("arrives", [True, False])
def test_a_cutoff_that_time_has_moved_is_counted(admin, core, day, arrives):
    day("2023-07-01")
    core.publish("job_orders", "794", "2023-06", [ORDER])
    core.publish("fair_sessions", "794", "2023-06", [session("A", held_on="2023-07-03" if arrives else "2023-07-20")])
    transform.build()
    day("2023-07-05")
    if arrives:  # of a feed that stocks do not read
        core.publish("budget_movements", "DOLISA", "2022", [move("1", "allocation", 100, "2022-11-01")])
    assert transform.build().build_id
    assert stale(admin) == []
