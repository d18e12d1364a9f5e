"""From raw columns to typed ones. The reader of a field depends on its type and kind in the contract, not on its name."""

import re
import unicodedata
from collections.abc import Hashable, Sequence
from typing import Any

from labour_market.contracts import Contract, Field
from labour_market.normalise import codes, dates, numbers, text
from labour_market.normalise.codes import Reader
from labour_market.normalise.records import Normalised, ParsedDelivery, Unreadable
from labour_market.normalise.text import UnreadableValueError

__all__ = ["Normalised", "UnreadableValueError", "normalise_columns", "reader"]

BY_KIND: dict[str, Reader] = {
    "national_id": codes.national_id,
    "phone": codes.phone,
    "email": codes.email,
    "percentage": numbers.percentage,
    "person_name": text.clean_text,
    "tax_code": codes.tax_code,
    "vsic": codes.vsic,
    "vsco": codes.vsco,
    "wage": numbers.wage,
    "year": numbers.year,
    "commune": codes.commune,
    "district": codes.district,
}
BY_TYPE: dict[str, Reader] = {
    "text": text.clean_text,
    "code": codes.code,
    "int": numbers.integer,
    "vnd": numbers.money,
    "bool": numbers.boolean,
    "date": dates.day,
    "timestamp": dates.moment,
    "items": codes.demand_items,
}


_LETTERS = "".join(
    unicodedata.normalize("NFC", letter + tone) for letter in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY" for tone in ("", *"\u0300\u0301\u0303\u0309\u0323")
)
_WORDS = f"(?=.{{1,{text.MAX_TEXT}}}$)(?![#'=])[!-~đĐ{_LETTERS}]+(?: [!-~đĐ{_LETTERS}]+)*"


def _all_but(pattern: str) -> re.Pattern[str]:
    return re.compile(f"^(?!(?:{pattern})$).*$", re.MULTILINE | re.ASCII)


# For readers whose columns have a new value in almost every row: the lines that are not in their normal form yet, and must be read.
NOT_NORMAL: dict[Reader, re.Pattern[str]] = {
    text.clean_text: _all_but(_WORDS),
    text.free_text: _all_but(rf"(?!.*@)(?!(?:.*\d){{9}}){_WORDS}"),
    codes.code: _all_but(r"[A-Za-z][\w/.\-]{0,99}|\d{1,40}(?:[/_\-A-DF-Za-df-z][\w/.\-]{0,60})?"),
    codes.national_id: _all_but(r"(?!(\d)\1*$)(?!123|012|987)(?:\d{12}|\d{9})"),
    codes.phone: _all_but(r"0[35789]\d{8}"),
}


def reader(field: Field) -> Reader:
    """The function that reads a field's raw values. A date that is personal data is a birth date, and may be only a year."""
    if field.kind:
        return BY_KIND[field.kind]
    if field.type == "list":
        return codes.several_of(field.codes)
    if field.codes:
        return codes.one_of(field.codes)
    if field.free_text:
        return text.free_text
    if field.type == "date" and field.pii:
        return dates.birth_day
    return BY_TYPE[field.type]


def normalise_columns(parsed: ParsedDelivery, contract: Contract) -> Normalised:
    """Read every column of a delivery, each distinct value once."""
    count = len(parsed.row_numbers)
    result = Normalised({}, parsed.row_numbers, [[] for _ in range(count)], [[] for _ in range(count)])
    for field in contract.sent_fields:
        result.columns[field.name] = _read_column(parsed.columns[field.name], field, result)
    for name, broken in parsed.old_font.items():
        for cell, notes in zip(parsed.columns[name], result.notes, strict=True):
            if type(cell) is str and cell in broken:
                notes.append(f"{name}:old_font")
    return result


def _read_column(column: list[Any], field: Field, result: Normalised) -> list[Any]:
    read = reader(field)
    keys, unread = _unread(column, NOT_NORMAL.get(read))
    raw = {} if keys is column else dict(zip(keys, column, strict=True))
    typed: dict[Any, Any] = {}
    issues: dict[Any, str] = {}
    notes: dict[Any, str] = {}
    for key in unread:
        try:
            typed[key], note = read(_certain(raw.get(key, key)))
        except UnreadableValueError as error:
            typed[key] = None
            issues[key] = f"{field.name}:{error.reason}"
        else:
            if note:
                notes[key] = f"{field.name}:{note}"
    _mark(keys, issues, result.issues)
    _mark(keys, notes, result.notes)
    if keys is column and all(type(key) is str and key == value for key, value in typed.items()):
        return column
    return list(map(typed.get, keys, keys))


def _certain(value: Any) -> Any:
    if isinstance(value, Unreadable):
        raise UnreadableValueError(value.reason)
    return value


def _unread(column: list[Any], not_normal: re.Pattern[str] | None) -> tuple[Sequence[Hashable], set[Any]]:
    """A key in a dict for each value of a column, and the distinct keys that must be read.

    A value is its own key, unless it cannot be hashed or equals a value of another type (1, 1.0 and true).
    """
    try:
        distinct = set(column)
    except TypeError:
        keys = [v if type(v) is str or v is None else (type(v), repr(v)) for v in column]
        return keys, set(keys) - {None}
    distinct.discard(None)
    types = set(map(type, distinct))
    if not types.isdisjoint((bool, int, float)) and len({bool, int, float} & set(map(type, column))) > 1:
        keys = [v if type(v) is str or v is None else (type(v), v) for v in column]
        return keys, set(keys) - {None}
    if not_normal and types == {str}:
        lines = "\n".join(distinct)
        if lines.count("\n") == len(distinct) - 1:
            return column, {found[0] for found in not_normal.finditer(lines)}
    return column, distinct


def _mark(keys: Sequence[Any], marks: dict[Any, str], rows: list[list[str]]) -> None:
    """Append the mark of each row's key to the row."""
    if not marks:
        return
    for row, key in zip(rows, keys, strict=True):
        if key in marks:
            row.append(marks[key])
