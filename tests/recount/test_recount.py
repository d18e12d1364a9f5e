"""Every figure of every metric is what its published definition says: recounted with pandas from core, apart from dbt."""

import csv
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from labour_market.settings import DBT_DIR

from tests.recount.figures import CELL, RECOUNTS
from tests.recount.published import Published, values_of

with (DBT_DIR / "seeds" / "metric" / "metric.csv").open(encoding="utf-8") as file:
    METRICS = {row["metric"]: row for row in csv.DictReader(file)}
DIGITS = {
    "tension": 3,
    "tension_planned": 3,
    "started_per_employer": 2,
    "started_per_million_vnd": 2,
    "age_of_money": 2,
    "plan_days_late": 1,
    "cost_per_placement": 0,
    "programme_cost_per_placement": 0,
    "poor_rate": 6,
    "near_poor_rate": 6,
}


def rounded(value: Fraction | int | None, digits: int) -> Decimal | None:
    """A number as it is published: half is rounded up."""
    if value is None or pd.isna(value):
        return None
    exact = Fraction(value) * 10**digits
    return Decimal(int(abs(exact) + Fraction(1, 2)) * (1 if exact >= 0 else -1)).scaleb(-digits)


def expected(row: dict[str, Any], metric: str) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Numerator, denominator and value of a recounted figure, as they are published."""
    numerator, denominator = rounded(row["numerator"], 6), rounded(row["denominator"], 6)
    if "value" in row:
        value = rounded(row["value"], 4)
    elif not METRICS[metric]["denominator"]:
        value = numerator
    else:
        value = rounded(Fraction(numerator or 0) / Fraction(denominator), DIGITS.get(metric, 4)) if denominator else None
    return numerator, denominator, value


def test_the_province_has_blocked_corrected_and_withdrawn_deliveries_and_two_rounds(published: Published):
    states = set(published.query("select distinct state from ops.batch")["state"])
    assert {"published", "superseded", "quarantined", "rejected"} <= states
    withdrawn = published.query("select 1 from ops.batch where state = 'published' and sequence > 1 and records_published = 0")
    assert len(withdrawn) == 1
    assert set(published.rounds["year"]) == {"2021", "2022"}
    assert set(published.latest_of_year("employers")["year"]) == {"2022", "2023"}
    assert {day.year for trade, day in values_of(published.orders, "trade", "posted_on") if trade} == {2022, 2023}


def test_every_metric_is_recounted():
    assert set(RECOUNTS) == set(METRICS)


@pytest.mark.parametrize("metric", METRICS)
def test_every_figure_of_a_metric_is_what_its_definition_says(published: Published, metric: str):
    recounted = {cell: expected(row, metric) for cell, row in RECOUNTS[metric](published).to_dict("index").items()}
    found = published.query("select * from indicators.indicator_cell where metric = %s", [metric])
    cells = {row[:5]: row[5:] for row in values_of(found, *CELL, "numerator", "denominator", "value")}
    assert cells
    # a cell in which nothing is counted may be there, as zero, or not
    wrong = {
        cell: (figure, recounted.get(cell))
        for cell, figure in cells.items()
        if figure != recounted.get(cell) and (cell in recounted or figure[0] or figure[1] or figure[2])
    }
    missing = {cell: figure for cell, figure in recounted.items() if cell not in cells and (figure[0] or figure[1])}
    assert not wrong and not missing, (
        f"{len(wrong)} of {len(cells)} differ, {len(missing)} are missing: {[*wrong.items()][:3]} {[*missing.items()][:3]}"
    )


def test_metrics_that_are_said_to_add_up_over_areas_do(published: Published):
    """Not in the communes of today: the shares of divided communes are rounded in each cell."""
    found = published.query(
        "select cell.*, province.value as of_province, province.metric is not null as has_province"
        " from (select metric, period_kind, period, area_mode, breakdown, sum(value) as value from indicators.indicator_cell"
        "   where area_code <> 'all' and area_mode <> 'restated' group by metric, period_kind, period, area_mode, breakdown) as cell"
        " left join indicators.indicator_cell as province on province.area_mode = 'as_reported' and province.area_code = 'all'"
        "   and (province.metric, province.period_kind, province.period, province.breakdown)"
        "     = (cell.metric, cell.period_kind, cell.period, cell.breakdown)"
    )
    checked = set()
    for metric, kind, added, of_province, has_province in values_of(found, "metric", "period_kind", "value", "of_province", "has_province"):
        if METRICS[metric]["additive_over_areas"] == "yes" and kind != "session":
            assert has_province and added == of_province, (metric, kind, added, of_province)
            checked.add(metric)
    assert checked == {metric for metric, row in METRICS.items() if row["additive_over_areas"] == "yes"}


def test_metrics_that_are_said_to_add_up_over_time_do(published: Published):
    found = published.query(
        "select month.*, year.value as of_year"
        " from (select metric, left(period, 4) as period, area_mode, area_code, breakdown, sum(value) as value"
        "   from indicators.indicator_cell where period_kind = 'month'"
        "   group by metric, left(period, 4), area_mode, area_code, breakdown) as month"
        " inner join indicators.indicator_cell as year using (metric, period, area_mode, area_code, breakdown)"
        " where year.period_kind = 'year'"
    )
    months = [
        (metric, added, of_year)
        for metric, added, of_year in values_of(found, "metric", "value", "of_year")
        if METRICS[metric]["additive_over_time"] == "yes"
    ]
    assert {metric for metric, *_ in months} >= {"attended_visits", "sessions", "placements"}
    assert [month for month in months if month[1] != month[2]] == []
