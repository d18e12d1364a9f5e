"""The night with the published figures, from the gateways to bi; the 961,632 households of its register are in the demonstration only."""

import pytest
from labour_market import transform
from labour_market.database import connect
from labour_market.figures.questions import load_questions, run_question
from labour_market.gateway import load_senders
from labour_market.ingestion.pipeline import ingest
from simulator import build_province, serve


@pytest.fixture(scope="module")
def reader(clone, tmp_path_factory):
    """The warehouse after the golden night, as BI tools read it."""
    home = tmp_path_factory.mktemp("golden")
    with (
        pytest.MonkeyPatch.context() as patch,
        clone() as dsn,
        serve(build_province(home / "province", scale=0.05, scenario="golden")) as served,
    ):
        patch.setenv("WAREHOUSE_DSN", dsn)
        patch.setenv("LMW_LANDING", str(home / "landing"))
        served.write_senders(home / "senders.yml")
        ingest(load_senders(home / "senders.yml"), ["fair_sessions", "fair_attendance", "programme_plans", "budget_movements"])
        transform.build()
        with connect("bi_reader", autocommit=True) as reader:
            yield reader


@pytest.fixture
def province_value(reader):
    """The value of a cell of the province in bi.indicator."""
    return lambda metric, period: reader.execute(
        "select value from bi.indicator where metric = %s and period = %s and breakdown = 'all' and area_code = 'all'", [metric, period]
    ).fetchone()[0]


def test_two_sessions_had_32_employers_and_counselled_1530_persons(province_value):
    for period in ("2023-06", "2023-H1"):
        assert province_value("sessions", period) == 2
        assert province_value("employers_at_sessions", period) == 32
        assert province_value("counselled_persons", period) == 1_530


def test_the_money_of_2023_is_more_than_3_6_billion(province_value):
    assert 3_600_000_000 < province_value("allocated_vnd", "2023") < 3_650_000_000


def test_a_printed_figure_is_shown_with_the_counted_one_and_agrees(reader):
    rows = reader.execute(
        "select metric, as_written, counted::bigint, agrees from bi.stated_figure"
        " where period in ('2023-H1', '2023') and counted is not null order by metric, as_written"
    ).fetchall()
    assert [row[:2] for row in rows] == [
        ("allocated_vnd", "hơn 3,6 tỷ đồng"),
        ("counselled_persons", "1.530 lao động"),
        ("counselled_persons", "hơn 1.500"),
        ("employers_at_sessions", "32 doanh nghiệp"),
        ("sessions", "2 phiên"),
    ]
    assert all(agrees for *_, agrees in rows)
    assert {counted for metric, _, counted, _ in rows if metric == "counselled_persons"} == {1_530}


def test_a_typed_total_of_a_session_is_shown_with_the_count_of_its_rows(reader):
    """Both typed the figure of the two sessions together, and each has half of it."""
    rows = reader.execute("select as_typed, stated::int, bound, counted::int, agrees from bi.typed_total where total = 'counselled'")
    assert rows.fetchall() == [("hơn 1.500", 1500, "at_least", 765, False)] * 2


def test_plans_came_late_and_those_of_2022_were_carried_into_2023_with_their_money(reader, province_value):
    statuses = dict(
        reader.execute(
            "select breakdown, sum(numerator) from bi.indicator"
            " where metric = 'plans_in_status' and area_code = 'all' and period = '2023-01'"
            " group by breakdown"
        ).fetchall()
    )
    assert statuses["plan_year=2022;status=carried_over"] == 17
    assert province_value("carry_over_rate", "2022") > 0.5
    assert province_value("plan_days_late", "2023") > 0
    _, late = run_question(reader, load_questions()["plans_not_approved"], {"day": "2023-06-30"})
    assert [(unit, status) for unit, _, status, _ in late] == [(unit, "not_submitted") for unit in ("796", "798", "800")]
