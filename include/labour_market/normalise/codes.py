"""Codes and identifiers: text with leading zeros. A lost zero is restored only where that is the one possible reading."""

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

import orjson

from labour_market.normalise.numbers import exact_digits, integer
from labour_market.normalise.text import (
    FORMULA_ERRORS,
    Text,
    UnreadableValueError,
    clean_text,
    matching_key,
    without_guard,
    without_noise,
)

MAX_CODE = 200
_DIGITS = re.compile(r"\d+", re.ASCII)
_POINT_ZERO = re.compile(r"(\d+)\.0+", re.ASCII)
_SEPARATORS = re.compile(r"[ .\-()/]")
_DISPLAYED_NUMBER = re.compile(r"\d(?:[.,]\d+)?E\+\d{2}", re.ASCII)  # as a spreadsheet shows a long number

Reader = Callable[[object], tuple[Any, str | None]]


def code(raw: object) -> Text:
    """A code without rules of its own, as it is typed: 5E0 and 12.0 are codes. Notes: number (a spreadsheet kept it as a number), and
    those of clean_text.

    Raises:
        UnreadableValueError: Reason: not_a_code, digits_lost (also 1,2E+11, as spreadsheets show a long number), too_long.
    """
    if isinstance(raw, str):
        text, note = clean_text(raw)
        if text is None:
            return None, note
        if len(text) > MAX_CODE:
            raise UnreadableValueError("too_long")
        digits = exact_digits(text) if _DISPLAYED_NUMBER.fullmatch(text) else None
        return digits or text, "number" if digits else note
    if isinstance(raw, float) and isfinite(raw):
        raw = without_noise(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not raw >= 0:  # NaN is not
        raise UnreadableValueError("not_a_code")
    if raw >= 2**53:
        raise UnreadableValueError("digits_lost")
    if raw != int(raw):
        raise UnreadableValueError("not_a_code")
    return str(int(raw)), "number"


def _number_code(raw: object) -> Text:
    """A code of digits. What programs make of a number is undone: 12.0 is 12, and 8.01E2 is 801. Notes and reasons as of code()."""
    text, note = code(raw)
    if text is None or not isinstance(raw, str):
        return text, note
    if found := _POINT_ZERO.fullmatch(text):
        return found[1], "number"
    digits = exact_digits(text)
    return digits or text, "number" if digits else note


def one_of(codes: Sequence[str]) -> Reader:
    """A reader of one code of a closed list, in any case and spacing. Note: spelling.

    Raises:
        UnreadableValueError: Reason: not_in_list.
    """
    by_key = {matching_key(c): c for c in codes}

    def read(raw: object) -> Text:
        if not isinstance(raw, str | int | float) or isinstance(raw, bool):
            raise UnreadableValueError("not_in_list")
        key = matching_key(raw)
        if not key:
            return None, None
        if key not in by_key:
            raise UnreadableValueError("not_in_list")
        return by_key[key], None if by_key[key] == raw else "spelling"

    return read


def several_of(codes: Sequence[str]) -> Reader:
    """A reader of several codes, an array or a text with ";" between them: each code once, in the order of the code list.

    Raises:
        UnreadableValueError: Reason: not_in_list.
    """
    one = one_of(codes)

    def read(raw: object) -> tuple[list[str] | None, str | None]:
        members = without_guard(raw).split(";") if isinstance(raw, str) else raw
        if not isinstance(members, list):
            raise UnreadableValueError("not_in_list")
        found = {value: note for value, note in map(one, members) if value is not None}
        if not found and isinstance(raw, str):
            return None, None
        return [c for c in codes if c in found], next(filter(None, found.values()), None)

    return read


_ONE_BY_ONE = {"123456789", "012345678", "987654321", "123456789012", "012345678901", "012345678910", "987654321098"}


def national_id(raw: object) -> Text:
    """A citizen's number: CCCD of 12 digits, or an old CMND of 9, which is never padded to 12.

    A number without leading zeros is restored when its length leaves one reading: 11 digits are a CCCD (its first three digits are a
    province, 010 to 099), 8 digits a CMND. Ten digits lack two, or are a tax code: unreadable.
    Notes: leading_zero, number, separators.

    Raises:
        UnreadableValueError: Reason: ten_digits, wrong_length, not_a_code, placeholder (all digits alike, or counted up), digits_lost.
    """
    if isinstance(raw, str) and len(raw) == 12 and _DIGITS.fullmatch(raw):
        digits, note = raw, None
    else:
        read, note = _plain_digits(raw)
        if read is None:
            return None, note
        digits = read
        if re.fullmatch(r"[1-9]\d{10}|[1-3]\d{7}", digits):
            digits, note = digits.zfill(9 if len(digits) == 8 else 12), "leading_zero"
    if len(digits) not in (9, 12):
        raise UnreadableValueError("ten_digits" if len(digits) == 10 else "wrong_length")
    if digits in _ONE_BY_ONE or digits == digits[0] * len(digits):
        raise UnreadableValueError("placeholder")
    return digits, note


# Mobile numbers of 11 digits became 10 in September 2018: prefix by prefix, as the operators announced it.
_OLD_MOBILE = {
    **{"0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078"},
    **{"0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082"},
    **{"0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036", "0167": "037", "0168": "038", "0169": "039"},
    **{"0186": "056", "0188": "058", "0199": "059"},
}
_PHONE = re.compile(r"0[35789]\d{8}|02\d{9}|1[89]00\d{4,6}", re.ASCII)


def phone(raw: object) -> Text:
    """A Vietnamese phone number in its national form of today, such as 0901234567.

    Notes: country_code, leading_zero, old_prefix, number, separators.

    Raises:
        UnreadableValueError: Reason: not_a_phone, several, digits_lost.
    """
    if isinstance(raw, str) and len(raw) == 10 and _PHONE.fullmatch(raw):
        return raw, None
    if isinstance(raw, str) and len(re.findall(r"\d{8,}", _SEPARATORS.sub("", re.sub(r"[/;,]|hoặc| - ", "|", raw)))) > 1:
        raise UnreadableValueError("several")
    try:
        digits, note = _plain_digits(raw.replace("+", "00") if isinstance(raw, str) else raw)
    except UnreadableValueError as error:
        raise UnreadableValueError("not_a_phone" if error.reason == "not_a_code" else error.reason) from None
    if digits is None:
        return None, note
    national = re.sub(r"^(?:00840?|840?(?=\d{9,10}$))", "0", digits)
    if national != digits:
        note = "country_code"
    elif re.fullmatch(r"[35789]\d{8}|1[2689]\d{8}|2\d{9}", digits) and not digits.startswith(("1800", "1900")):
        national, note = "0" + digits, "leading_zero"
    if len(national) == 11 and national[:4] in _OLD_MOBILE:
        national, note = _OLD_MOBILE[national[:4]] + national[4:], "old_prefix"
    if not _PHONE.fullmatch(national):
        raise UnreadableValueError("not_a_phone")
    return national, note


_EMAIL = re.compile(r"[^\s@,;]{1,64}@[^\s@,;.]+(?:\.[^\s@,;.]+)+")


def email(raw: object) -> Text:
    """An e-mail address in lower case.

    Raises:
        UnreadableValueError: Reason: not_an_email.
    """
    text, note = clean_text(raw)
    if text is None:
        return None, note
    if not _EMAIL.fullmatch(text):
        raise UnreadableValueError("not_an_email")
    return text.lower(), note


_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def tax_check_digit(nine: str) -> int | None:
    """The check digit of a tax code's first nine digits (Circular 105/2020/TT-BTC); None where none exists."""
    check = 10 - sum(weight * int(digit) for weight, digit in zip(_TAX_WEIGHTS, nine, strict=True)) % 11
    return check if check < 10 else None


def tax_code(raw: object) -> Text:
    """A tax code: 10 digits of an enterprise, 0300588569-001 of its branch, 12 digits of a person or household business.

    Notes: leading_zero, number, separators.

    Raises:
        UnreadableValueError: Reason: check_digit, wrong_length, not_a_code, placeholder, digits_lost.
    """
    digits, note = _plain_digits(raw)
    if digits is None:
        return None, note
    if note == "separators" and isinstance(raw, str) and re.fullmatch(r"\d{10}-\d{3}", raw.strip(), re.ASCII):
        note = None
    if digits[0] != "0":
        longer = "0" + digits
        if len(longer) == 12 or (len(longer) in (10, 13) and _checked(longer)):
            digits, note = longer, "leading_zero"
    if len(digits) == 12 and digits[0] == "0":
        return national_id(digits)[0], note
    if len(digits) not in (10, 13):
        raise UnreadableValueError("wrong_length")
    if not _checked(digits):
        raise UnreadableValueError("check_digit")
    if len(digits) == 10:
        return digits, note
    if digits[10:] == "000":
        raise UnreadableValueError("not_a_code")
    return f"{digits[:10]}-{digits[10:]}", note


def tax_code_kind(value: str) -> str:
    """enterprise, branch or personal, of a tax code that tax_code() has read."""
    if "-" in value:
        return "branch"
    return "personal" if len(value) == 12 else "enterprise"


def _checked(digits: str) -> bool:
    return tax_check_digit(digits[:9]) == int(digits[9])


# Codes of agriculture, forestry, fishing and mining begin with a zero that spreadsheets drop. These are the classes (four
# digits, VSIC 2018 and 2025) and sub-classes (five digits, VSIC 2025, Decision 36/2025/QĐ-TTg) that can be restored.
_ZERO_LIST = """
0111 0112 0113 0114 0115 0116 0117 0118 0119 0121 0122 0123 0124 0125 0126 0127 0128 0129 0130 0131 0132 0141 0142 0144 0145
0146 0149 0150 0161 0162 0163 0164 0170 0210 0220 0230 0231 0232 0240 0311 0312 0321 0322 0331 0332 0510 0520 0610 0620 0710
0721 0722 0729 0730 0810 0891 0892 0893 0899 0910 0990
01110 01120 01130 01140 01150 01160 01170 01181 01182 01183 01191 01192 01199 01211 01212 01213 01214 01215 01219 01220 01230
01240 01250 01260 01270 01281 01282 01291 01299 01301 01302 01411 01412 01421 01422 01441 01442 01451 01452 01461 01462 01463
01469 01490 01500 01610 01620 01630 01640 01700 02101 02102 02103 02104 02200 02301 02302 02400 03110 03120 03211 03212 03213
03214 03221 03222 03223 03224 03310 03320 05100 05200 06100 06200 07100 07210 07291 07299 07300 08101 08102 08103 08104 08910
08920 08930 08990 09100 09900
"""
_ZERO_CODES = frozenset(_ZERO_LIST.split())
_ZERO_GROUPS = frozenset(c[:3] for c in _ZERO_CODES)
# Codes that are also valid without the zero: 1610 may be saw mills, or 01610 (crop services).
_AMBIGUOUS_CLASSES = frozenset({"1610", "3211", "3212", "3320", "9900"})
_GROUP_LIST = "131 132 141 142 161 162 170 210 231 232 321 322 331 332 721 722 990"
_AMBIGUOUS_GROUPS = frozenset(_GROUP_LIST.split())
_ZERO_SECTIONS = {"A": ("01", "02", "03"), "B": ("05", "06", "07", "08", "09")}


def vsic(raw: object) -> Text:
    """An industry code (VSIC, one to five characters): a section letter, a division, group, class or sub-class.

    The section may be written before the number (C1610), and then decides between 1610 and 01610. Without it 1610, 3211, 3212,
    3320 and 9900 are ambiguous, and so is a number of two or three digits that may have lost its zero.
    Notes: leading_zero, section, number.

    Raises:
        UnreadableValueError: Reason: ambiguous, not_a_code, wrong_length, digits_lost.
    """
    text, note = _number_code(raw)
    if text is None:
        return None, note
    found = re.fullmatch(r"([A-Va-v]?)[ .\-]?(\d{0,5})\.?", text, re.ASCII)
    if not found or not (found[1] or found[2]):
        raise UnreadableValueError("wrong_length" if _DIGITS.fullmatch(text) else "not_a_code")
    section, digits = found[1].upper(), found[2]
    if not digits:
        return section, note
    if section in _ZERO_SECTIONS and not digits.startswith("0"):
        digits = "0" + digits
        if not digits.startswith(_ZERO_SECTIONS[section]) or len(digits) > 5:
            raise UnreadableValueError("not_a_code")
        return digits, "leading_zero"
    if section:
        return digits, "section"
    return _zero_restored(digits, note)


def _zero_restored(digits: str, note: str | None) -> Text:
    longer, was_number = "0" + digits, note == "number"
    if digits in _AMBIGUOUS_CLASSES or (was_number and (digits in _AMBIGUOUS_GROUPS or longer in _ZERO_GROUPS)):
        raise UnreadableValueError("ambiguous")
    if digits == "0":
        raise UnreadableValueError("not_a_code")
    if len(digits) == 1 or (longer in _ZERO_CODES and digits not in _AMBIGUOUS_GROUPS):
        return longer, "leading_zero"
    return digits, note


def vsco(raw: object) -> Text:
    """An occupation code (VSCO 2020, one to five digits), also written 61.1 or 6111-. Notes: separators, number.

    Raises:
        UnreadableValueError: Reason: not_a_code (text in place of a code), wrong_length, ambiguous (61.1 kept as a number is 611 or 6110).
    """
    if isinstance(raw, float) and not raw.is_integer():
        raise UnreadableValueError("ambiguous")
    digits, note = _plain_digits(raw)
    if digits is not None and len(digits) > 5:
        raise UnreadableValueError("wrong_length")
    return digits, note


def commune(raw: object) -> Text:
    """A commune's code: five digits. Notes: leading_zero, number.

    Raises:
        UnreadableValueError: Reason: wrong_length, not_a_code, digits_lost.
    """
    return _fixed(raw, 5)


def district(raw: object) -> Text:
    """A district's code: three digits. Notes and reasons as of commune()."""
    return _fixed(raw, 3)


def _fixed(raw: object, length: int) -> Text:
    text, note = _number_code(raw)
    if text is None:
        return None, note
    if not _DIGITS.fullmatch(text):
        raise UnreadableValueError("not_a_code")
    if len(text) < length and text[0] != "0":
        return text.zfill(length), "leading_zero"
    if len(text) != length:
        raise UnreadableValueError("wrong_length")
    return text, note


def _plain_digits(raw: object) -> Text:
    text, note = _number_code(raw)
    if text is None:
        return None, note
    digits = _SEPARATORS.sub("", text)
    if not _DIGITS.fullmatch(digits):
        raise UnreadableValueError("not_a_code")
    return digits, note if digits == text else "separators"


MAX_ITEMS = 200
ITEM_CODE = "vsco2"  # the key of an item: the number in a header such as demand_grid[17].quantity


def demand_items(raw: object) -> tuple[list[dict[str, Any]] | None, str | None]:
    """The demand grid of Form 02: items {vsco2: two digits, quantity, quantity_female or None}, an array or its JSON.

    Raises:
        UnreadableValueError: Reason: not_a_grid, grid_code, grid_quantity, grid_repeats (an occupation is there twice).
    """
    if isinstance(raw, str):
        raw = without_guard(raw.strip())
        if raw.upper() in FORMULA_ERRORS:
            raise UnreadableValueError("formula_error")
        if not raw:
            return None, None
        try:
            raw = orjson.loads(raw)
        except orjson.JSONDecodeError:
            raise UnreadableValueError("not_a_grid") from None
        if raw is None:
            return None, None
    if not isinstance(raw, list) or len(raw) > MAX_ITEMS or not all(isinstance(item, Mapping) for item in raw):
        raise UnreadableValueError("not_a_grid")
    items = [_demand_item(item) for item in raw]
    if len({item[ITEM_CODE] for item in items}) != len(items):
        raise UnreadableValueError("grid_repeats")
    return items, None


def _demand_item(item: Mapping[str, object]) -> dict[str, Any]:
    occupation, quantities = None, []
    try:
        occupation, _ = vsco(item.get(ITEM_CODE))
    except UnreadableValueError:
        raise UnreadableValueError("grid_code") from None
    if occupation is None or len(occupation) != 2:
        raise UnreadableValueError("grid_code")
    for name in ("quantity", "quantity_female"):
        value = item.get(name)
        try:
            quantities.append(None if value is None else integer(value)[0])
        except UnreadableValueError:
            raise UnreadableValueError("grid_quantity") from None
    if quantities[0] is None:
        raise UnreadableValueError("grid_quantity")
    return {ITEM_CODE: occupation, "quantity": quantities[0], "quantity_female": quantities[1]}
