"""Periods are half-open ranges of days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labour_market.batches.periods import period_bounds


@pytest.mark.parametrize(
    ("period", "first", "after"),
    [
        ("2023", date(2023, 1, 1), date(2024, 1, 1)),
        ("2023-12", date(2023, 12, 1), date(2024, 1, 1)),
        ("2024-02", date(2024, 2, 1), date(2024, 3, 1)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 3, 1)),
    ],
)
def test_a_period_ends_where_the_next_one_begins(period, first, after):
    assert period_bounds(period) == (first, after)


@pytest.mark.parametrize(
    "period",
    [
        "",
        "23",
        "2023-13",
        "2023-00",
        "2023-02-30",
        "2023-6",
        "2023-06-14T00:00",
        "2023\n",
        "tháng 6",
        "0000",
        "9999",
        "9999-12",
        "9999-12-31",
    ],
)
def test_text_that_is_not_a_period_is_refused_with_a_reason(period):
    with pytest.raises(ValueError, match=r"."):
        period_bounds(period)


@given(st.dates(date(1900, 1, 1), date(2999, 12, 30)))
def test_every_day_is_in_its_day_month_and_year(day):
    for form in ("%Y", "%Y-%m", "%Y-%m-%d"):
        first, after = period_bounds(day.strftime(form))
        assert first <= day < after
    assert period_bounds(day.isoformat()) == (day, day + timedelta(days=1))
