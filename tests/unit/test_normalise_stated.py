"""Figures as reports write them, with their bound and the step of their last digit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labour_market.normalise.stated import read_stated
from labour_market.normalise.text import UnreadableValueError
from odd_values import SCALARS


@pytest.mark.parametrize(
    ("written", "value", "bound", "step"),
    [
        ("hơn 1.500", "1500", "at_least", "1"),
        ("hơn 1.500", "1500", "at_least", "1"),  # decomposed, as some keyboards type it
        ("hơn 3,6 tỷ đồng", "3600000000", "at_least", "100000000"),
        ("gần 500 lượt người", "500", "at_most", "1"),
        ("Khoảng 1.200 người", "1200", "about", "1"),
        ("1,30%", "0.0130", "exact", "0.0001"),
        ("0,97 %", "0.0097", "exact", "0.0001"),
        ("479.632 hộ", "479632", "exact", "1"),
        ("2 phiên", "2", "exact", "1"),
        (1530, "1530", "exact", "1"),
    ],
)
def test_a_stated_figure_is_read_with_its_bound_and_step(written, value, bound, step):
    assert read_stated(written) == (Decimal(value), bound, Decimal(step))


@pytest.mark.parametrize("written", ["", "nhiều", None, True, "hơn", "1.2.3", ["1"]])
def test_other_texts_are_no_figure(written):
    with pytest.raises(UnreadableValueError):
        read_stated(written)


@given(st.integers(0, 10**12))
def test_an_integer_is_read_with_every_separator_of_thousands(number):
    for written in (f"{number}", f"{number:,}".replace(",", "."), f"hơn {number:,}".replace(",", ".")):
        assert read_stated(written)[0] == number


@given(SCALARS)
def test_no_value_breaks_the_reader_of_stated_figures(raw: object) -> None:
    try:
        stated = read_stated(raw)
    except UnreadableValueError as error:
        assert error.reason.isidentifier()
    else:
        assert stated.bound in ("exact", "at_least", "at_most", "about")
