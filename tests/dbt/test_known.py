"""What was known when: a correction changes the figures of today, and those of yesterday stay as they were."""

from datetime import UTC, datetime, time, timedelta

import psycopg
import pytest
from labour_market import transform
from labour_market.cli import app
from labour_market.database import connect
from labour_market.errors import UsageError
from labour_market.figures.as_of import PROVINCE_TIME, as_of, changes, moment_of
from labour_market.figures.questions import load_questions, run_question
from typer.testing import CliRunner

from tests.dbt.rows import Core, employer, one, person, session, visit


def province(core: Core) -> None:
    """Twelve persons of 794 counselled at a session, nine of 803."""
    for district, commune, persons in (("794", "27694", 12), ("803", "28003", 9)):
        core.publish("labour_survey", district, "2022", [person(f"{district}-{n}", commune_code=commune) for n in range(20)])
        core.publish("fair_sessions", district, "2023-06", [session("A", commune_code=commune)])
        visits = [visit(str(n), "A", f"k:{district}-{n}", commune_code=commune) for n in range(persons)]
        core.publish("fair_attendance", district, "2023-06", visits)


@pytest.fixture(scope="module")
def moments(built) -> tuple[datetime, datetime]:
    """After the first build, and after the build of a correction by which 794 counselled ten and not twelve."""
    with connect("loader", autocommit=True) as connection:
        first = connection.execute("select clock_timestamp()").fetchone()[0]
        corrected = [visit(str(n), "A", f"k:794-{n}", commune_code="27694") for n in range(10)]
        Core(connection).publish("fair_attendance", "794", "2023-06", corrected, sequence=2)
        Core(connection).publish("employers", "794", "2023-05", [employer("8")])  # in the same build, and no cause of it
        transform.build()
        return first, connection.execute("select clock_timestamp()").fetchone()[0]


@pytest.fixture
def reader(built):
    with connect("bi_reader", autocommit=True) as connection:
        yield connection


def counselled(rows) -> dict[str, int]:
    return {
        row["area_code"]: row["value"]
        for row in rows
        if row["metric"] == METRIC and row["area_mode"] == "as_reported" and row["breakdown"] == "all"
    }


METRIC = "attended_persons"


def test_the_figures_of_a_moment_stay_what_they_were(reader, moments):
    first, second = moments
    assert counselled(as_of(reader, first)) == {"794": 12, "803": 9, "all": 21}
    assert counselled(as_of(reader, second)) == {"794": 10, "803": 9, "all": 19}
    now = {tuple(row[:6]): row[6:] for row in reader.execute(
        "select metric, period_kind, period, area_mode, area_code, breakdown, numerator, denominator, value, is_suppressed"
        " from bi.indicator"
    ).fetchall()}  # fmt: skip
    known = {tuple(row[key] for key in ("metric", "period_kind", "period", "area_mode", "area_code", "breakdown")):
             (row["numerator"], row["denominator"], row["value"], row["is_suppressed"]) for row in as_of(reader, second)}  # fmt: skip
    assert known == now and len(now) > 100


def test_a_change_names_the_delivery_that_caused_it(reader, moments):
    changed = changes(reader, *moments, METRIC)
    district = [row for row in changed if row["area_mode"] == "as_reported" and row["area_code"] == "794" and row["breakdown"] == "all"]
    assert district and all((row["value_then"], row["value_later"]) == (12, 10) for row in district)
    assert all(len(row["batches"]) == 1 and row["batches"][0].startswith("fair_attendance 794/") for row in district)
    assert not [row for row in changed if row["area_mode"] == "as_reported" and row["area_code"] == "803"]
    columns, rows = run_question(
        reader, load_questions()["changed_between_submissions"],
        {"first": moments[0].isoformat(), "second": moments[1].isoformat(), "metric": METRIC},
    )  # fmt: skip
    assert len(rows) == len([row for row in changed if row["value_then"] != row["value_later"]]), columns


def test_a_day_means_its_end_by_the_provinces_clock_in_the_question_as_in_the_command(reader, moments):
    today = moments[1].astimezone(PROVINCE_TIME).date()
    parameters = {"first": today.isoformat(), "second": (today + timedelta(days=1)).isoformat(), "metric": METRIC}
    _, rows = run_question(reader, load_questions()["changed_between_submissions"], parameters)
    assert rows == [] == changes(reader, *(moment_of(datetime.combine(day, time())) for day in (today, today + timedelta(days=1))), METRIC)
    _, rows = run_question(reader, load_questions()["changed_between_submissions"], {**parameters, "first": str(today - timedelta(days=1))})
    assert rows, "nothing was known the day before"


def test_the_feeds_behind_a_metric_are_those_of_its_facts_and_their_upstream_feeds(reader):
    feeds = dict(reader.execute("select metric, feeds from bi.metric_definition").fetchall())
    assert feeds["poor_rate"] == ["poverty_register"]
    assert feeds["attended_persons"] == ["fair_attendance", "fair_sessions", "job_orders", "placements"]
    assert sorted(metric for metric, of in feeds.items() if of is None) == ["first_pass_rate", "on_time_rate", "rows_put_aside"]


def test_the_delivery_is_named_although_its_build_failed_elsewhere(moments, admin, core, reader):
    before = one(admin, "select clock_timestamp()")
    admin.execute("alter table marts.dim_employer_version add constraint broken check (name <> 'Công ty 9')")
    core.publish("employers", "794", "2023-06", [employer("9")])
    visits = [visit(str(n), "A", f"k:794-{n}", commune_code="27694") for n in range(8)]
    core.publish("fair_attendance", "794", "2023-06", visits, sequence=3)
    with pytest.raises(transform.BuildError, match="dim_employer_version"):
        transform.build()
    admin.execute("alter table marts.dim_employer_version drop constraint broken")
    transform.build()
    changed = changes(reader, before, one(admin, "select clock_timestamp()"), METRIC)
    district = [row for row in changed if row["area_mode"] == "as_reported" and row["area_code"] == "794" and row["breakdown"] == "all"]
    assert [row["value_later"] for row in district] == [8] * len(district) and district
    assert all("fair_attendance 794/" in ", ".join(row["batches"]) for row in district)


def test_a_visitor_from_elsewhere_is_named_as_a_cause_where_the_visitor_lives(moments, admin, core, reader):
    """Attendance of 803 names a resident of 794; a survey of 803 cannot, since its contract keeps such rows out."""
    before = one(admin, "select clock_timestamp()")
    core.publish("labour_survey", "803", "2022-01", [person("803-later", commune_code="28003")])
    core.publish("fair_attendance", "803", "2023-06", [visit("guest", "A", "k:794-19", commune_code="27694")], sequence=2)
    transform.build()
    changed = changes(reader, before, one(admin, "select clock_timestamp()"), "counselling_coverage_a")
    (causes,) = [
        row["batches"] for row in changed if (row["area_mode"], row["area_code"], row["breakdown"]) == ("as_reported", "794", "all")
    ]
    assert [cause.split("/")[0] for cause in causes] == ["fair_attendance 803"]


def test_the_rows_of_a_moment_counted_again_give_the_figures_of_then(reader, moments):
    """Both the correction and what it replaced are in core, so a vintage that today's rules would not give again is a fault of either."""
    first, second = moments
    for moment in (first, second):
        known, counted = as_of(reader, moment), transform.recount(moment)
        assert [{column: row[column] for column in known[0]} for row in counted] == known
    before = first - timedelta(days=1)
    assert transform.recount(before) == [], "nothing was held the day before"


def test_marts_that_were_lost_are_counted_again_and_the_vintages_are_kept(moments, admin):
    """Everything but the vintages can be built from core; they have a schema of their own, which is kept when the marts are cleared."""
    cells = "select * from indicators.indicator_cell order by metric, period_kind, period, area_mode, area_code, breakdown"
    before, known = admin.execute(cells).fetchall(), as_of(admin, moments[0])
    admin.execute("drop schema marts cascade")
    transform.deploy_models()
    assert admin.execute(cells).fetchall() == before
    assert as_of(admin, moments[0]) == known
    assert one(admin, "select count(*) from bi.indicator_vintage where known_to = 'infinity'") == len(before)


def test_a_build_that_changes_nothing_adds_no_vintage(built, moments, admin):
    before = one(admin, "select count(*) from vintages.fct_report_indicator")
    admin.execute("update ops.outbox set built_at = null where feed = 'labour_survey'")
    transform.build()
    assert one(admin, "select count(*) from vintages.fct_report_indicator") == before
    assert one(admin, "select count(*) from vintages.fct_report_indicator where known_to = 'infinity'") == one(
        admin, "select count(*) from bi.indicator"
    )


def test_there_is_no_figure_before_the_first_build_and_a_day_means_its_end(reader, moments):
    with pytest.raises(UsageError, match="there are no figures of"):
        as_of(reader, moments[0] - timedelta(days=400))
    assert moment_of(datetime(2023, 6, 30)).astimezone(UTC) == datetime(2023, 6, 30, 16, 59, 59, 999999, tzinfo=UTC)
    refused = CliRunner().invoke(app, ["as-of", "2020-01-01"])
    assert refused.exit_code == 2
    printed = CliRunner().invoke(app, ["as-of", "2099-01-01", "--metric", METRIC, "--json"])
    assert printed.exit_code == 0 and '"area_code": "803"' in printed.stdout


def test_vintages_cannot_be_changed_by_who_reads_them(reader):
    with pytest.raises(psycopg.Error):
        reader.execute("select * from vintages.fct_report_indicator")
