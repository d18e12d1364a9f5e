"""Which figures are complete, compared with the province in which everything arrived.

The oracle reads no rule of coverage: a figure that says that all of its senders are in is the figure of the complete province, whatever was
blocked or never sent. LMW_NIGHTS sets the number of random nights.
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from labour_market import transform
from labour_market.contracts import load_order
from labour_market.gateway import load_senders
from labour_market.ingestion.pipeline import ingest
from psycopg.rows import namedtuple_row
from simulator import Province, build_province, serve

NIGHTS = int(os.environ.get("LMW_NIGHTS", "2"))
FIGURES = """
    select exact.*, published.value as published_value
    from indicators.covered_cell as exact
    inner join bi.indicator as published using (metric, period_kind, period, area_mode, area_code, breakdown)
"""
# what the deliveries of a night were like is no figure of the province
OF_DELIVERIES = ("first_pass_rate", "on_time_rate", "rows_put_aside")
# a delivery of these that was never sent is seen: it is due, or its session is known. Of the others nothing says that it should be there.
SEEN_WHEN_NEVER_SENT = ("job_orders", "labour_survey", "employers", "fair_attendance")
Clone = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("coverage")


@pytest.fixture(scope="module")
def province(home: Path) -> Province:
    return build_province(home / "province", scale=0.03, scenario="clean")


def built(clone: Clone, home: Path, province: Province) -> dict[tuple[str, ...], Any]:
    """The exact figures of a night in an empty warehouse, with their status, by cell."""
    with pytest.MonkeyPatch.context() as patch, clone() as dsn, serve(province) as gateway:
        patch.setenv("WAREHOUSE_DSN", dsn)
        patch.setenv("LMW_LANDING", str(home / "landing"))
        gateway.write_senders(home / "senders.yml")
        _, unreachable = ingest(load_senders(home / "senders.yml"), load_order())
        assert not unreachable
        transform.build()
        with psycopg.connect(dsn, row_factory=namedtuple_row) as connection:
            rows = connection.execute(FIGURES).fetchall()
            published = connection.execute("select count(*) as figures from bi.indicator").fetchone()
            assert published is not None and len(rows) == published.figures
    return {(row.metric, row.period_kind, row.period, row.area_mode, row.area_code, row.breakdown): row for row in rows}


@pytest.fixture(scope="module")
def complete(clone, home, province) -> dict[tuple[str, ...], Any]:
    return built(clone, home, province)


@pytest.fixture(scope="module", params=range(1, NIGHTS + 1))
def night(request, clone, home, province) -> Iterator[dict[tuple[str, ...], Any]]:
    """Some deliveries were never sent, some were blocked by the gate: their records are not those that were announced."""
    chance = random.Random(request.param)
    share = chance.choice((0.05, 0.15, 0.4))
    last = max(one.announcement["period"] for one in province.deliveries if one.announcement["feed"] == "job_orders")
    keeps_the_cutoff = chance.choice([one for one in province.deliveries if one.announcement["period"] == last])
    deliveries = []
    for delivery in province.deliveries:
        fate = "arrives" if delivery is keeps_the_cutoff or chance.random() >= share else chance.choice(("never sent", "blocked"))
        if fate == "never sent" and delivery.announcement["feed"] not in SEEN_WHEN_NEVER_SENT:
            fate = "blocked"
        if fate == "blocked":
            announced = delivery.announcement
            deliveries.append(replace(delivery, announcement=announced | {"record_count": announced["record_count"] + 7}))
        elif fate == "arrives":
            deliveries.append(delivery)
    yield built(clone, home, replace(province, deliveries=tuple(deliveries)))


def figure(row: Any) -> tuple[Decimal, Decimal, Decimal | None]:
    """Numerator, denominator and value. A cell that is not there, or has no value, counts nothing."""
    return (row.numerator or Decimal(0), row.denominator or Decimal(0), row.value) if row else (Decimal(0), Decimal(0), None)


def is_complete(row: Any) -> bool:
    return row.status != "not_received" and row.senders_in == row.senders_expected


def test_every_figure_of_the_complete_province_says_so(complete):
    incomplete = {cell: (row.status, row.senders_in, row.senders_expected) for cell, row in complete.items() if not is_complete(row)}
    assert len(complete) > 5_000
    assert incomplete == {}, f"{len(incomplete)}: {[*incomplete.items()][:8]}"


def test_an_empty_value_has_one_meaning(complete, night):
    for cell, row in [*complete.items(), *night.items()]:
        assert (row.published_value is None) == (row.status in ("hidden", "not_received", "not_reached", "not_applicable")), (cell, row)
        assert row.status not in ("not_received", "not_applicable") or row.value is None, (cell, row)
        assert is_complete(row) or row.value is None or row.numerator or row.denominator, (cell, row, "a zero that may be more")


def test_a_figure_whose_senders_are_all_in_is_that_of_the_complete_province(complete, night):
    untold = {}
    for cell, row in night.items():
        found, truth = figure(row), figure(complete.get(cell))
        if is_complete(row) and cell[0] not in OF_DELIVERIES and found != truth and any(found + truth):
            untold[cell] = (found, truth, row.senders_in, row.senders_expected)
    assert untold == {}, f"{len(untold)}: {[*untold.items()][:5]}"


def test_no_figure_of_an_area_is_left_out(complete, night):
    """A figure without a breakdown that the complete province has is there, or the whole province lacks that period of it."""
    periods = {cell[:3] for cell in night}
    absent = {
        cell
        for cell, row in complete.items()
        if cell[5] == "all" and cell not in night and cell[:3] in periods and row.numerator and cell[4] != "unknown"
    }
    assert absent == set(), f"{len(absent)}: {[*absent][:5]}"


def test_some_figures_of_the_night_are_partial_and_some_are_not_received(night):
    assert {"ok", "partial", "not_received"} <= {row.status for row in night.values()}
