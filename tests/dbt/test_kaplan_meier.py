"""Kaplan-Meier in SQL, compared with figures computed by hand and with the textbook's product in Python."""

from fractions import Fraction

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from labour_market.settings import DBT_DIR

Case = tuple[int, bool]


@pytest.fixture(scope="module")
def curve(server):
    """(cases, events, median, share within 90 days, 25th percentile) of one group, from the macro as dbt renders it."""
    macro = (DBT_DIR / "macros" / "kaplan_meier.sql").read_text(encoding="utf-8")
    curve = Environment(autoescape=False).from_string(macro + "{{ kaplan_meier('cases', ['grp']) }}").render()  # noqa: S701  # SQL, no HTML
    query = (
        "with cases as (select 'g' as grp, days, is_event, 1::numeric as weight"  # noqa: S608  # the project's own macro
        " from unnest(%s::int[], %s::boolean[]) as one (days, is_event))"
        f" select cases::int, events::int, median_days, by_90, quartile_days from {curve} as curve"
    )
    with psycopg.connect(server.admin_dsn) as connection:
        yield lambda cases: connection.execute(query.encode(), [[d for d, _ in cases], [e for _, e in cases]]).fetchone()


def product(cases: list[Case]) -> tuple[int | None, Fraction | None, int | None]:
    survival, median, quartile, by_day = Fraction(1), None, None, Fraction(0)
    for day in sorted({days for days, _ in cases}):
        at_risk = sum(1 for days, _ in cases if days >= day)
        survival *= 1 - Fraction(sum(1 for days, event in cases if event and days == day), at_risk)
        if median is None and survival <= Fraction(1, 2):
            median = day
        if quartile is None and survival <= Fraction(3, 4):
            quartile = day
        if day <= 90:
            by_day = 1 - survival
    is_observed = max(days for days, _ in cases) >= 90 or survival == 0
    return median, by_day if is_observed else None, quartile


def test_open_cases_count_for_as_long_as_they_were_open(curve):
    """Six cases: S(3) = 5/6, S(5) = 5/6 x 3/4 = 5/8, S(8) = 5/8 x 1/2 = 5/16. Left out, the open ones would give a median of 5."""
    assert curve([(3, True), (4, False), (5, True), (7, False), (8, True), (200, False)]) == (6, 3, 8, pytest.approx(11 / 16), 5)


def test_a_half_that_is_never_reached_has_no_median(curve):
    assert curve([(10, True), (30, False), (30, False)])[2] is None


def test_exactly_one_half_is_the_median_and_the_last_event_ends_at_nothing(curve):
    assert curve([(1, True), (2, True)]) == (2, 2, 1, 1, 1)


def test_what_happened_after_90_days_is_not_within_them(curve):
    assert curve([(90, True), (91, True), (100, False), (100, False)])[3] == pytest.approx(1 / 4)


def test_a_share_by_a_day_after_the_last_observed_one_is_not_known(curve):
    """One of two had an event on day 3, the other was observed for 14 days; where both had one, the share is 1 from then on."""
    assert curve([(3, True), (14, False)])[3] is None
    assert curve([(3, True), (14, True)])[3] == 1


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 120), st.booleans()), min_size=1, max_size=30))
def test_the_curve_is_the_product_of_the_textbook(curve, cases):
    median, by_day, quartile = product(cases)
    assert (curve(cases)[2], curve(cases)[4]) == (median, quartile)
    assert (curve(cases)[3] is None) == (by_day is None)
    if by_day is not None:
        assert float(curve(cases)[3]) == pytest.approx(float(by_day), abs=1e-8)
