"""The night with the published figures, from the gateways to bi; the 961,632 households of its register are left to the demonstration."""

import pytest
from labour_market import transform
from labour_market.database import connect
from labour_market.gateway import load_senders
from labour_market.pipeline import ingest
from simulator import build_province, serve


@pytest.fixture(scope="module")
def told(clone, tmp_path_factory):
    """The value of a cell of the province in bi.indicator, as BI tools read it."""
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
            yield lambda metric, period: reader.execute(
                "select value from bi.indicator where metric = %s and period = %s and breakdown = 'all' and area_code = 'all'",
                [metric, period],
            ).fetchone()[0]


def test_two_sessions_had_32_employers_and_counselled_1530_persons(told):
    assert told("sessions", "2023-06") == 2
    assert told("employers_at_sessions", "2023-06") == 32
    assert told("counselled_persons", "2023-06") == 1_530


def test_the_money_of_2023_is_more_than_3_6_billion(told):
    assert 3_600_000_000 < told("allocated_vnd", "2023") < 3_650_000_000
