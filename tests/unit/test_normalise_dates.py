from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labour_market.normalise.dates import birth_day, day, from_1904, moment
from labour_market.normalise.records import Unreadable
from labour_market.normalise.text import UnreadableValueError
from odd_values import SCALARS

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(
    DAYS,
    st.sampled_from(
        ["{0:%d/%m/%Y}", "{0.day}/{0.month}/{0.year}", "{0:%d-%m-%Y}", "{0:%d.%m.%Y}", "{0}", "{0}T00:00:00", " {0:%d/%m/%Y} "]
    ),
)
def test_a_written_day_is_read_day_first(value: date, form: str) -> None:
    assert day(form.format(value)) == (value, None)
    assert birth_day(form.format(value)) == (value, None)


@given(DAYS)
def test_a_month_first_date_is_never_read_as_one(value: date) -> None:
    try:
        read = day(f"{value:%m/%d/%Y}")[0]
    except UnreadableValueError as error:
        assert error.reason == "impossible" and value.day > 12
    else:
        assert read == date(value.year, value.day, value.month)


@given(st.integers(10_000, 73_050))
def test_a_serial_of_excel_is_its_day(serial: int) -> None:
    expected = date(1899, 12, 30) + timedelta(days=serial)
    assert day(serial) == day(float(serial)) == day(str(serial)) == (expected, "excel_serial")


def test_the_serial_of_a_known_day() -> None:
    assert day(45091)[0] == date(2023, 6, 14)


@given(st.integers(1900, 2100))
def test_a_year_is_a_birth_date_and_no_other_date(year: int) -> None:
    for raw in (year, float(year), str(year), f"00/00/{year}") if year > 1900 else (year, str(year)):
        assert birth_day(raw) == (date(year, 1, 1), "year_only")
        with pytest.raises(UnreadableValueError, match="year_only"):
            day(raw)


@pytest.mark.parametrize("raw", ["06/1985", "00/06/1985"])
def test_a_birth_month_is_kept_as_one(raw: str) -> None:
    assert birth_day(raw) == (date(1985, 6, 1), "month_only")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("00/01/1900", "impossible"),
        ("1900-01-00", "impossible"),
        (time(0, 0), "impossible"),
        ("31/02/2020", "impossible"),
        ("29/02/2023", "impossible"),
        ("12/25/2020", "impossible"),
        ("01/01/0001", "out_of_range"),
        ("31/12/9999", "out_of_range"),
        (date(9999, 12, 31), "out_of_range"),
        (1e308, "out_of_range"),
        (float("nan"), "out_of_range"),
        (-1, "out_of_range"),
        ("20/4/09", "two_digit_year"),
        ("khi nào đủ", "not_a_date"),
        (True, "not_a_date"),
        ("#REF!", "formula_error"),
        ({}, "not_text"),
    ],
)
def test_other_texts_are_no_date(raw: object, reason: str) -> None:
    for read in (day, birth_day):
        with pytest.raises(UnreadableValueError, match=reason):
            read(raw)


def test_a_date_of_a_spreadsheet_is_read_with_and_without_its_time() -> None:
    assert day(date(2023, 6, 14)) == day(datetime(2023, 6, 14, 23, 59)) == (date(2023, 6, 14), None)


def test_an_empty_cell_is_no_date() -> None:
    assert day(" ") == (None, None)


def test_a_time_without_a_zone_is_vietnams() -> None:
    assert moment("2023-06-14T00:30:00") == (datetime(2023, 6, 13, 17, 30, tzinfo=UTC), "no_zone")
    assert moment("2023-06-14T00:30:00+07:00") == (datetime(2023, 6, 13, 17, 30, tzinfo=UTC), None)
    with pytest.raises(UnreadableValueError, match="not_a_time"):
        moment("hôm qua")


@given(SCALARS | st.datetimes(timezones=st.none() | st.timezones()) | st.dates() | st.times())
def test_no_value_breaks_a_reader_of_dates(raw: object) -> None:
    for read in (day, birth_day, moment):
        try:
            read(raw)
        except UnreadableValueError as error:
            assert error.reason.isidentifier()


@pytest.mark.parametrize(
    ("written", "read", "note"),
    [
        ("2023-06-14T16:59:59Z", 14, None),
        ("2023-06-14T17:00:00Z", 15, "other_zone"),
        ("2023-06-14T23:59:59Z", 15, "other_zone"),
        ("2023-06-14T00:00:00Z", 14, None),
        ("2023-06-14T00:00:01Z", 14, None),
        ("2023-06-14T23:59:59+07:00", 14, None),
        ("2023-06-14T01:59:59+09:00", 13, "other_zone"),
        ("2023-06-14T02:00:00+09:00", 14, None),
        ("2023-06-14T17:00:00-0000", 15, "other_zone"),
        ("14/06/2023 17:00z", 15, "other_zone"),
        ("14/06/2023 17:00", 14, None),
        (datetime(2023, 6, 14, 17, tzinfo=UTC), 15, "other_zone"),
        (datetime(2023, 6, 14, 16, 59, tzinfo=UTC), 14, None),
        (datetime(2023, 6, 14, 23), 14, None),
    ],
)
def test_the_day_of_a_moment_is_that_of_the_province(written: object, read: int, note: str | None) -> None:
    """17:00 UTC is midnight of the next day in the province."""
    assert day(written) == birth_day(written) == (date(2023, 6, read), note)


@pytest.mark.parametrize("raw", ["2023-06-14T25:00:00Z", "2023-06-14T12:60:00+07:00", "2023-06-14T12:00:00+25:00"])
def test_a_moment_that_no_clock_shows_is_no_day(raw: str) -> None:
    with pytest.raises(UnreadableValueError, match="not_a_time"):
        day(raw)


@pytest.mark.parametrize(
    ("raw", "counted"),
    [
        (0, 1462), (40_000, 41_462), (40_000.5, 41_462.5), (1899, 3361), (1900, 1900), (2100, 2100), (2100.0, 2100.0), (2101, 3563),
        (2023.5, 3485.5), ("14/06/2023", "14/06/2023"), ("4000", "4000"), (None, None), (True, True),
        (date(2023, 6, 14), date(2023, 6, 14)), ("40000", Unreadable("epoch_unknown")), (" 40000.5 ", Unreadable("epoch_unknown")),
    ],
)  # fmt: skip
def test_a_serial_of_a_workbook_that_counts_from_1904_is_four_years_and_a_day_later(raw: object, counted: object) -> None:
    assert from_1904(raw) == counted


MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]


@pytest.mark.parametrize("month", range(1, 13))
def test_a_month_may_be_written_as_a_word(month: int) -> None:
    name = MONTHS[month - 1]
    forms = [f"9 {name} 2023", f"09-{name[:3].upper()}-2023", f"9-thg{month}-2023", f"9 tháng {month} 2023"]
    forms.append(f"ngày 9 tháng {month} năm 2023")
    for form in forms:
        assert day(form) == (date(2023, month, 9), None), form


@pytest.mark.parametrize("raw", ["9 Juni 2023", "9 janu 2023", "9 xyz 2023", "9 tháng 13 năm 2023", "9 tháng 0 năm 2023"])
def test_a_word_that_is_no_month_is_no_date(raw: str) -> None:
    with pytest.raises(UnreadableValueError, match=r"not_a_date|impossible"):
        day(raw)


@pytest.mark.parametrize(
    ("serial", "read"),
    [
        (45091, datetime(2023, 6, 13, 17, tzinfo=UTC)),
        (45091.5, datetime(2023, 6, 14, 5, tzinfo=UTC)),
        (45091 + 1 / 86_400, datetime(2023, 6, 13, 17, 0, 1, tzinfo=UTC)),
        (45091.99999, datetime(2023, 6, 14, 16, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_serial_with_a_fraction_is_a_time_of_the_province(serial: float, read: datetime) -> None:
    assert moment(serial) == (read, "no_zone")
