"""Stated figures as they were written, compared with the counted ones; one figure may have several statements."""

import csv
from decimal import Decimal

import psycopg
import pytest
from labour_market.cli import app
from labour_market.database import connect
from labour_market.normalise.stated import read_stated
from labour_market.settings import DBT_DIR
from typer.testing import CliRunner

from tests.dbt.rows import Core, session, visit


def province(core: Core) -> None:
    """Twelve persons counselled at the one session of June."""
    core.publish("fair_sessions", "794", "2023-06", [session("A")])
    core.publish("fair_attendance", "794", "2023-06", [visit(str(n), "A", f"k:{n}") for n in range(12)])


def state(written: str, *more: str, metric: str = "counselled_persons") -> int:
    about = ["--source", "Báo cáo 6 tháng", "--stated-by", "Sở", "--on", "2023-06-30", "--by", "An"]
    return CliRunner().invoke(app, ["state", metric, "2023-06", written, *about, *more]).exit_code


def test_each_statement_of_a_figure_has_its_own_verdict(built):
    for written in ("12 lao động", "hơn 10", "gần 10", "khoảng 13"):
        assert state(written) == 0
    assert state("hơn 10", "--period-kind", "year") == 0  # that period is written in another form, so there is no cell to compare with
    with connect("bi_reader") as reader:
        rows = reader.execute(
            "select as_written, stated::int, bound, counted::int, agrees from bi.stated_figure where source = 'Báo cáo 6 tháng'"
            " order by counted nulls last, bound desc"
        ).fetchall()
    assert rows == [
        ("12 lao động", 12, "exact", 12, True),
        ("gần 10", 10, "at_most", 12, False),
        ("hơn 10", 10, "at_least", 12, True),
        ("khoảng 13", 13, "about", 12, True),
        ("hơn 10", 10, "at_least", None, None),
    ]


def test_a_text_that_is_no_statement_is_refused(built):
    assert state("nhiều") == 2
    assert state("12", metric="happiness") == 2
    assert state("12", "--part", "half") == 2


def test_a_statement_stays_as_it_was_made(built):
    with connect("steward", autocommit=True) as steward:
        for change in ("update ops.stated_figure set value = 1", "delete from ops.stated_figure"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                steward.execute(change)


def test_the_published_figures_are_read_as_they_are_written():
    with (DBT_DIR / "seeds" / "metric" / "published_figure.csv").open(encoding="utf-8", newline="") as file:
        published = list(csv.DictReader(file))
    assert len(published) > 20
    for row in published:
        assert read_stated(row["as_written"]) == (Decimal(row["value"]), row["bound"], Decimal(row["step"])), row
