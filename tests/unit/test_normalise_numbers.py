import pytest
from hypothesis import given
from hypothesis import strategies as st
from labour_market.normalise.numbers import LARGEST_AMOUNT, LARGEST_NUMBER, boolean, integer, money, percentage, wage, year
from labour_market.normalise.text import UnreadableValueError
from odd_values import SCALARS


def grouped(number: int, mark: str) -> str:
    return f"{number:,}".replace(",", mark)


@given(st.integers(-LARGEST_NUMBER, LARGEST_NUMBER))
def test_an_integer_is_read_from_every_type(number: int) -> None:
    assert integer(number) == integer(str(number)) == integer(float(number)) == (number, None)


@pytest.mark.parametrize(("read", "largest"), [(integer, 2_147_483_647), (money, 1_000_000_000_000_000), (wage, 1_000_000_000_000_000)])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("form", [int, str, float])
def test_a_number_is_read_up_to_what_its_column_holds_and_not_beyond(read, largest: int, sign: int, form) -> None:
    assert read(form(sign * largest))[0] == sign * largest
    with pytest.raises(UnreadableValueError, match="too_large"):
        read(form(sign * (largest + 1)))


@given(st.integers(1, 10**9), st.sampled_from([2e-16, -2e-16, 5e-16]))
def test_the_noise_of_a_spreadsheets_number_is_no_fraction(number: int, noise: float) -> None:
    noisy = number * (1 + noise)
    for raw in (noisy, repr(noisy), repr(noisy).replace(".", ",")):
        assert integer(raw)[0] == number
        assert money(raw)[0] == number


@given(st.integers(0, 10**6), st.integers(1, 99))
def test_a_fraction_is_never_rounded_away(units: int, hundredths: int) -> None:
    for raw in (units + hundredths / 100, f"{units},{hundredths:02}"):
        with pytest.raises(UnreadableValueError, match="not_whole"):
            integer(raw)


@pytest.mark.parametrize("raw", ["70%", "70 %", "70,0%", "70.0%", " 70", 70, 70.0, 70.00000000000001])
def test_a_percentage_is_read_with_and_without_its_sign(raw: object) -> None:
    assert percentage(raw)[0] == 70


@pytest.mark.parametrize("raw", [0.7, "0,7", "0,7%", "70%%"])
def test_a_fraction_is_no_percentage(raw: object) -> None:
    with pytest.raises(UnreadableValueError):
        percentage(raw)


@pytest.mark.parametrize("raw", ["70%", "0,7%"])
def test_a_percentage_is_no_count_and_no_amount(raw: str) -> None:
    for read in (integer, money, wage):
        with pytest.raises(UnreadableValueError):
            read(raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("Thỏa thuận", "not_a_number"),
        ("thoả thuận", "not_a_number"),
        ("trên 7 triệu", "not_a_number"),
        ("300 nghìn/ngày", "not_a_number"),
        ("7-9 triệu", "range"),
        ("7 – 9 triệu", "range"),
        (7, "unit_unknown"),
        (7.5, "unit_unknown"),
        ("7500", "unit_unknown"),
        (99_999, "unit_unknown"),
        (10**18, "too_large"),
    ],
)
def test_words_and_other_units_in_a_column_of_wages_are_unreadable(raw: object, reason: str) -> None:
    with pytest.raises(UnreadableValueError, match=reason):
        wage(raw)


def test_a_year_has_four_digits_of_this_time() -> None:
    assert [year(raw)[0] for raw in (1900, "2023", 2023.0, 2100, "")] == [1900, 2023, 2023, 2100, None]
    for raw in (1899, 2101, 0, -1, "20233", 2**31 - 1):
        with pytest.raises(UnreadableValueError, match="out_of_range"):
            year(raw)


def test_a_wage_of_a_hundred_thousand_is_an_amount_of_dong() -> None:
    assert wage(100_000) == (100_000, None)
    assert wage("7.500.000đ") == (7_500_000, "grouped")
    assert wage("") == (None, None)


@given(st.integers(1_000, 2 * 10**9), st.sampled_from([".", ",", " "]))
def test_a_grouped_number_is_the_number(number: int, mark: str) -> None:
    assert integer(grouped(number, mark)) == (number, "grouped")
    assert money(grouped(number, mark)) == (number, "grouped")


@given(st.integers(1_000, 2 * 10**9), st.sampled_from([(".", ","), (",", ".")]))
def test_with_both_marks_the_last_one_is_the_decimal_mark(number: int, marks: tuple[str, str]) -> None:
    thousands, decimal = marks
    assert integer(f"{grouped(number, thousands)}{decimal}00")[0] == number
    with pytest.raises(UnreadableValueError, match="not_whole"):
        integer(f"{grouped(number, thousands)}{decimal}56")


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        ("5tr", 5_000_000),
        ("5 triệu", 5_000_000),
        ("5 TRIỆU đồng", 5_000_000),
        ("7,5 triệu", 7_500_000),
        ("7.5tr", 7_500_000),
        ("3,6 tỷ", 3_600_000_000),
        ("500 nghìn", 500_000),
        ("500k", 500_000),
        ("7.500.000đ", 7_500_000),
        ("7.500.000 đồng", 7_500_000),
        ("7,500,000 VND", 7_500_000),
    ],
)
def test_money_with_its_unit_is_dong(raw: str, amount: int) -> None:
    assert money(raw)[0] == amount


def test_five_thousand_in_a_column_of_dong_is_five_thousand() -> None:
    assert money("5.000") == (5_000, "grouped")
    assert money(5_000.0) == (5_000, None)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("3,6", "unit_unknown"),
        (3.6, "unit_unknown"),
        ("5 lít", "unit_unknown"),
        ("1.250 triệu", "ambiguous"),
        ("1.25.000", "ambiguous"),
        ("5-7 triệu", "range"),
        ("5 triệu đến 7 triệu", "range"),
        ("300 USD", "other_currency"),
        ("$300", "other_currency"),
        ("thỏa thuận", "not_a_number"),
        ("9" * 30, "too_large"),
        ("99999999999 tỷ", "too_large"),
        ("1.2E+11", "digits_lost"),
        (1e308, "too_large"),
        (float("nan"), "not_a_number"),
        (float("inf"), "not_a_number"),
        (True, "not_a_number"),
        ([], "not_a_number"),
        ("#N/A", "formula_error"),
    ],
)
def test_an_amount_that_would_have_to_be_guessed_is_unreadable(raw: object, reason: str) -> None:
    with pytest.raises(UnreadableValueError, match=reason):
        money(raw)


def test_a_number_in_scientific_notation_is_read_when_no_digit_is_lost() -> None:
    assert integer("1.25E+2")[0] == 125
    with pytest.raises(UnreadableValueError, match="digits_lost"):
        integer("1.2E+11")


@pytest.mark.parametrize("raw", ["x", "Có", "TRUE", 1, 1.0, "1", "v", "V", "√", "✓", "'x"])
def test_a_tick_is_yes(raw: object) -> None:
    assert boolean(raw) == (True, None)


@pytest.mark.parametrize("raw", ["không", "Khong", "false", 0, 0.0, "0", False])
def test_a_no_is_no(raw: object) -> None:
    assert boolean(raw) == (False, None)


@pytest.mark.parametrize("raw", ["có thể", 2, -1, "?", [], float("nan"), "ü", "þ", "w"])
def test_other_texts_are_no_boolean(raw: object) -> None:
    with pytest.raises(UnreadableValueError, match="not_yes_or_no"):
        boolean(raw)


@given(SCALARS | st.from_regex(r"[0-9.,+\-eE trđ]{1,30}"))
def test_no_value_breaks_a_reader_of_numbers(raw: object) -> None:
    for read in (integer, money, percentage, wage, boolean):
        try:
            value, _ = read(raw)
        except UnreadableValueError as error:
            assert error.reason.isidentifier()
        else:
            assert value is None or abs(value) <= LARGEST_AMOUNT


@pytest.mark.parametrize(
    ("raw", "value", "note"),
    [
        ("1.5", "not_whole", None),
        ("1,5", "not_whole", None),
        ("0.5", "not_whole", None),
        ("0.500", "not_whole", None),
        ("0,001", "not_whole", None),
        ("-1.5", "not_whole", None),
        ("1.50", "not_whole", None),
        ("12.3456", "not_whole", None),
        ("1234.567", "not_whole", None),
        ("1.234,5", "not_whole", None),
        (1.5, "not_whole", None),
        ("1.0", 1, "grouped"),
        ("1,00", 1, "grouped"),
        ("1.500", 1_500, "grouped"),
        ("999.999", 999_999, "grouped"),
        ("1.234,0", 1_234, "grouped"),
        ("1 234", 1_234, "grouped"),
        ("-1.500", -1_500, "grouped"),
        ("+5", 5, None),
        ("1.2345.678", "ambiguous", None),
        ("1.23.456", "ambiguous", None),
        ("1,234.567,8", "not_a_number", None),
        ("1.234 567", "ambiguous", None),
        ("1.", "not_a_number", None),
        (".5", "not_a_number", None),
        ("--5", "not_a_number", None),
        (True, "not_a_number", None),
    ],
)
def test_a_fraction_in_a_column_of_integers_is_never_cut_off(raw: object, value: object, note: str | None) -> None:
    for read in (integer, percentage):
        if isinstance(value, str):
            with pytest.raises(UnreadableValueError, match=value):
                read(raw)
        else:
            assert read(raw) == (value, note)


@pytest.mark.parametrize(
    ("raw", "value", "note"),
    [
        ("7500000", 7_500_000, None),
        ("7.500.000", 7_500_000, "grouped"),
        ("7.500.000 đồng", 7_500_000, "grouped"),
        ("7.500.000đ", 7_500_000, "grouped"),
        ("7.500 nghìn", "ambiguous", None),
        ("7500 nghìn", 7_500_000, "unit"),
        ("7500k", 7_500_000, "unit"),
        ("7,5 triệu", 7_500_000, "unit"),
        ("7,5 trđ.", 7_500_000, "unit"),
        ("0,0005 triệu", 500, "unit"),
        ("0,0000005 triệu", "not_whole", None),
        ("1 tỷ", 1_000_000_000, "unit"),
        ("3,6", "unit_unknown", None),
        ("3,0", 3, "grouped"),
        ("5 xu", "unit_unknown", None),
        ("5 usd", "other_currency", None),
        ("5 - 7 triệu", "range", None),
        ("thỏa thuận", "not_a_number", None),
        (3.5, "unit_unknown", None),
        ("7.5E+6", "digits_lost", None),
        ("7.500000E+6", 7_500_000, "grouped"),
        ("", None, None),
    ],
)
def test_an_amount_is_read_with_its_unit_or_not_at_all(raw: object, value: object, note: str | None) -> None:
    if isinstance(value, str):
        with pytest.raises(UnreadableValueError, match=value):
            money(raw)
    else:
        assert money(raw) == (value, note)


def test_what_is_no_text_and_no_number_is_no_boolean() -> None:
    for raw in (None, [], {}, 0.5, 2, -1, "2"):
        with pytest.raises(UnreadableValueError, match="not_yes_or_no"):
            boolean(raw)
    assert [boolean(raw)[0] for raw in (True, False, 1, 0, 1.0, "X", "", " ")] == [True, False, True, False, True, True, None, None]
