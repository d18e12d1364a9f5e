"""Whole numbers, money in đồng, yes and no, as they are typed: 1.234,56 and 1,234.56, "5tr", "3,6 tỷ", "x"."""

import re
from decimal import Context, Decimal
from math import isfinite

from labour_market.normalise.text import Reason, UnreadableValueError, clean_text, matching_key, without_noise

Integer = tuple[int | None, str | None]

# What a column may hold. Sums and products of an audit and of a build stay within 64 bits: 100 times the greatest amount does.
LARGEST_NUMBER = 2**31 - 1
LARGEST_AMOUNT = 10**15  # đồng, more than a year's budget of the province
SIGNIFICANT_DIGITS = 15  # of a spreadsheet's number; more are noise: 12046320.000000002
_PLAIN = re.compile(r"[+-]?\d{1,40}", re.ASCII)
_NUMBER = re.compile(r"([+-]?)(\d[\d., ]{0,40})", re.ASCII)
_SCIENTIFIC = re.compile(r"([+-]?)(\d)(?:[.,](\d{1,40}))?[eE]\+?(\d{1,2})", re.ASCII)
_AMOUNT = re.compile(r"([+-]?\d[\d., ]*?) ?([^\W\d_]*)\.?", re.UNICODE)
_RANGE = re.compile(r"\d[\d., ]*[^\W\d_]* ?(?:-|–|~|đến|tới) ?\d")
_OTHER_CURRENCY = re.compile(r"[$€¥]|\b(?:usd|eur|jpy)\b|đô la")
_DONG = ("đ", "đồng", "dong", "vnd", "vnđ")
SCALES = {
    "": 1,
    **dict.fromkeys(_DONG, 1),
    **dict.fromkeys(("k", "nghìn", "ngàn", "nghin", "ngan"), 1_000),
    **dict.fromkeys(("tr", "triệu", "trieu", "trđ"), 1_000_000),
    **dict.fromkeys(("tỷ", "tỉ", "ty"), 1_000_000_000),
}
_TRUE = frozenset(("true", "x", "có", "co", "1", "yes", "đúng", "v", "✓", "✔", "☑", "√"))
_FALSE = frozenset(("false", "không", "khong", "ko", "0", "no", "sai"))


def integer(raw: object) -> Integer:
    """A whole number. Note: grouped (1.234 is read as 1234, since a dot separates thousands).

    Raises:
        UnreadableValueError: Reason: not_a_number, not_whole, ambiguous, digits_lost (1.2E+11), too_large.
    """
    if isinstance(raw, str):
        text, _ = clean_text(raw)
        if text is None:
            return None, None
        if _PLAIN.fullmatch(text):
            return _bounded(Decimal(text), LARGEST_NUMBER), None
        return _bounded(_from_text(text), LARGEST_NUMBER), "grouped"
    return _from_number(raw, "not_whole", LARGEST_NUMBER), None


def percentage(raw: object) -> Integer:
    """A whole number of percent: 70, "70%", "70,0 %". A fraction without the sign (0,7) is refused. Notes and reasons as of integer()."""
    return integer(raw.strip().removesuffix("%").rstrip() if isinstance(raw, str) else raw)


def money(raw: object) -> Integer:
    """An amount in đồng: 7.500.000, "5tr", "5 triệu", "3,6 tỷ", 5.000 đồng.

    Notes: grouped, unit. A fraction without a unit (3,6) is refused, because the unit would be a guess.

    Raises:
        UnreadableValueError: Reason: unit_unknown, range, other_currency, ambiguous (1.250 triệu), and as integer() does.
    """
    if not isinstance(raw, str):
        return _from_number(raw, "unit_unknown", LARGEST_AMOUNT), None
    text = matching_key(raw)
    if not text:
        return None, None
    if _PLAIN.fullmatch(text):
        return _bounded(Decimal(text), LARGEST_AMOUNT), None
    if _SCIENTIFIC.fullmatch(text):
        return _bounded(_from_text(text), LARGEST_AMOUNT), "grouped"
    return _typed_amount(text)


def year(raw: object) -> Integer:
    """A year from 1900 to 2100. Notes as of integer().

    Raises:
        UnreadableValueError: Reason: out_of_range, and as integer() does.
    """
    found, note = integer(raw)
    if found is not None and not 1900 <= found <= 2100:
        raise UnreadableValueError("out_of_range")
    return found, note


LOWEST_WAGE = 100_000


def wage(raw: object) -> Integer:
    """A monthly wage in đồng, as money() reads it. Below 100.000 its unit is another one (7500 is in thousands), and unknown.

    Raises:
        UnreadableValueError: Reason: as money() does.
    """
    amount, note = money(raw)
    if amount is not None and 0 < amount < LOWEST_WAGE:
        raise UnreadableValueError("unit_unknown")
    return amount, note


def _typed_amount(text: str) -> Integer:
    if len(text) > 60:
        raise UnreadableValueError("not_a_number")
    if _RANGE.search(text):
        raise UnreadableValueError("range")
    if _OTHER_CURRENCY.search(text):
        raise UnreadableValueError("other_currency")
    for word in _DONG:
        text = text.removesuffix(" " + word)
    found = _AMOUNT.fullmatch(text)
    if not found:
        raise UnreadableValueError("not_a_number")
    if found[2] not in SCALES:
        raise UnreadableValueError("unit_unknown")
    scale, (likely, *others) = SCALES[found[2]], readings(found[1])
    if scale > 1 and others:
        raise UnreadableValueError("ambiguous")
    if scale == 1:
        likely = _without_noise(likely)
    if scale == 1 and likely != likely.to_integral_value():
        raise UnreadableValueError("unit_unknown")
    return _bounded(likely * scale, LARGEST_AMOUNT), "unit" if scale > 1 else "grouped"


def boolean(raw: object) -> tuple[bool | None, str | None]:
    """Yes or no as forms have it: true/false, x, có/không, 1/0.

    Raises:
        UnreadableValueError: Reason: not_yes_or_no.
    """
    if isinstance(raw, bool):
        return raw, None
    if isinstance(raw, int | float):
        if raw in (0, 1):
            return raw == 1, None
        raise UnreadableValueError("not_yes_or_no")
    if not isinstance(raw, str):
        raise UnreadableValueError("not_yes_or_no")
    text = matching_key(raw)
    if not text:
        return None, None
    if text in _TRUE:
        return True, None
    if text in _FALSE:
        return False, None
    raise UnreadableValueError("not_yes_or_no")


def exact_digits(text: str) -> str | None:
    """The digits of a number in scientific notation; None when it is not one.

    Raises:
        UnreadableValueError: Reason: digits_lost (1.2E+11).
    """
    found = _SCIENTIFIC.fullmatch(text)
    if not found:
        return None
    mantissa, exponent = found[2] + (found[3] or ""), int(found[4])
    if len(mantissa) != exponent + 1:
        raise UnreadableValueError("digits_lost")
    return mantissa


def _from_number(raw: object, fraction: Reason, largest: int) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise UnreadableValueError("not_a_number")
    if isinstance(raw, float):
        if not isfinite(raw):
            raise UnreadableValueError("not_a_number")
        raw = without_noise(raw)
        if not raw.is_integer():
            raise UnreadableValueError(fraction)
    if abs(raw) > largest:
        raise UnreadableValueError("too_large")
    return int(raw)


def _from_text(text: str) -> Decimal:
    digits = exact_digits(text)
    if digits:
        return Decimal(text[0] + digits if text[0] in "+-" else digits)
    return readings(text)[0]


def readings(text: str) -> list[Decimal]:
    """The possible values of a written number, with separators of thousands first: 5.000 is 5000 or 5; 1.234,56 and 3,6 have one value.

    Raises:
        UnreadableValueError: not_a_number, ambiguous.
    """
    found = _NUMBER.fullmatch(text)
    if not found:
        raise UnreadableValueError("not_a_number")
    sign, body = found[1], found[2].strip()
    marks = [c for c in body if c in "., "]
    kinds = list(dict.fromkeys(marks))
    if not kinds:
        return [Decimal(sign + body)]
    if len(kinds) == 1 and (marks[0] == " " or len(marks) > 1):
        return [Decimal(sign + _ungroup(body, kinds[0]))]
    if len(kinds) == 2 and kinds[1] != " " and marks.count(kinds[1]) == 1:
        head, tail = body.split(kinds[1])
        return [Decimal(f"{sign}{_ungroup(head, kinds[0])}.{_fraction(tail)}")]
    if len(kinds) > 1:
        raise UnreadableValueError("ambiguous")
    head, tail = body.split(kinds[0])
    decimal = Decimal(f"{sign}{head}.{_fraction(tail)}")
    if len(tail) == 3 and len(head) <= 3 and head[0] != "0":
        return [Decimal(sign + head + tail), decimal]
    return [decimal]


def _ungroup(text: str, mark: str) -> str:
    first, *rest = text.split(mark)
    if not (1 <= len(first) <= 3 and all(len(part) == 3 and part.isdigit() for part in rest)):
        raise UnreadableValueError("ambiguous")
    return first + "".join(rest)


def _fraction(text: str) -> str:
    if not text.isdigit():
        raise UnreadableValueError("not_a_number")
    return text


def _without_noise(number: Decimal) -> Decimal:
    return number if number == number.to_integral_value() else Context(prec=SIGNIFICANT_DIGITS).plus(number)


def _bounded(number: Decimal, largest: int) -> int:
    number = _without_noise(number)
    if abs(number) > largest:
        raise UnreadableValueError("too_large")
    if number != number.to_integral_value():
        raise UnreadableValueError("not_whole")
    return int(number)
