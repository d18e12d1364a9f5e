"""Tables of printed forms: find the header in a sheet, and separate its records from titles, totals and signatures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labour_market.batches.delivery_errors import (
    InvalidDeliveryError,
    header_mismatch,
    invalid_shape,
    legacy_encoding_found,
    too_large,
)
from labour_market.contracts import Contract
from labour_market.normalise.codes import ITEM_CODE
from labour_market.normalise.dates import birth_day
from labour_market.normalise.numbers import boolean
from labour_market.normalise.records import ParsedDelivery, Unreadable
from labour_market.normalise.text import GUARDS, UnreadableValueError, legacy_encoding, matching_key, without_guard
from labour_market.reading.layouts import Column, Layout, header_key
from labour_market.reading.workbooks import Sheet

HEADER_SEARCH_ROWS = 60
LEGACY_SHARE = 0.05

Row = Sequence[Any]


@dataclass
class Header:
    """A header: its rows (start, and end: the first row below it), its columns, and how it differs from the form."""

    start: int
    end: int
    columns: dict[int, Column]
    missing: list[str]
    unexpected: list[str]

    @property
    def complete(self) -> bool:
        """Whether the header has all columns of the form and no other."""
        return not self.missing and not self.unexpected


def blank(cell: Any) -> bool:
    """Whether a cell is empty or has only spaces, or the mark of a spreadsheet for text before nothing."""
    return cell is None or (type(cell) is str and not (without_guard(cell) if cell[:1] in GUARDS else cell).strip())


def find_header(rows: Sequence[Row], layout: Layout) -> Header:
    """The rows among the first ones in which most headers of the layout are found, on one level or on two."""
    known = {c.key: c for c in layout.columns}
    best = Header(0, 0, {}, [c.header for c in layout.columns], [])
    keys = [[_number_or_key(cell) for cell in row] for row in rows[:HEADER_SEARCH_ROWS]]
    for start, upper in enumerate(keys):
        if not any(upper):
            continue
        readings = [[[key] if key else [] for key in upper]]
        if start + 1 < len(keys):
            readings.append(_two_levels(upper, keys[start + 1]))
        for levels, paths in enumerate(readings, 1):
            if sum(any(p in known for p in candidates) for candidates in paths) > len(best.columns):
                best = _match(start, levels, paths, known)
    return best


def _two_levels(upper: Sequence[str], lower: Sequence[str]) -> list[list[str]]:
    """The possible names of each column of a two-level header, the most likely first.

    A merged group has its text in its first column only; the blank cells after it belong to it while there is a lower level.
    """
    paths: list[list[str]] = []
    group = ""
    for index in range(max(len(upper), len(lower))):
        top = upper[index] if index < len(upper) else ""
        bottom = lower[index] if index < len(lower) else ""
        group = (top or group) if bottom else ""
        if not bottom:
            paths.append([top] if top else [])
        elif group:
            paths.append([f"{group} > {bottom}"] if top else [f"{group} > {bottom}", bottom])
        else:
            paths.append([bottom])
    return paths


def _match(start: int, levels: int, paths: list[list[str]], known: dict[str, Column]) -> Header:
    columns: dict[int, Column] = {}
    unexpected: list[str] = []
    taken: set[str] = set()
    for index, candidates in enumerate(paths):
        key = next((c for c in candidates if c in known), None)
        if key is None or key in taken:
            unexpected += candidates[:1]
        else:
            columns[index] = known[key]
            taken.add(key)
    return Header(start, start + levels, columns, [c.header for key, c in known.items() if key not in taken], unexpected)


def _number_or_key(cell: Any) -> str:
    return str(int(cell)) if type(cell) is float and cell.is_integer() else _key(cell)


def _key(cell: Any) -> str:
    if type(cell) is not str or len(cell) > 500:
        return ""
    try:
        return header_key(cell)
    except UnreadableValueError:
        return ""


def read_table(
    header: Header, rows: Sequence[Row], numbers: Sequence[int], contract: Contract, sheet: Sheet | None = None
) -> ParsedDelivery:
    """Read the records below a header.

    Args:
        header: The header.
        rows: All rows of the table's sheet or text file.
        numbers: The number of each row in the delivery.
        contract: Of the feed.
        sheet: The sheet; None for a CSV, of which every record has as many cells as the header, but for blank cells at its end.

    Returns:
        The records, and the rows that are none.

    Raises:
        InvalidDeliveryError: header_recognised, text_readable (a header in an old font encoding), shape.
    """
    if not header.complete:
        raise _unknown_header(header, rows)
    width = max(len(row) for row in rows[header.start : header.end])
    cells = _Cells(header, rows, contract)
    skipped: dict[str, list[int]] = {"title_rows": list(numbers[: header.start]), "header_rows": list(numbers[header.start : header.end])}
    kept: list[int] = []
    for index in range(header.end, len(rows)):
        row = rows[index]
        structure = _structure(row, cells, at_top=not kept, signed="signature_rows" in skipped)
        if structure:
            skipped.setdefault(structure, []).append(numbers[index])
            continue
        if sheet is None and len(row) != width and not cells.complete_but_for_blanks(row, width):
            raise invalid_shape(
                numbers[index],
                f"{len(row)} columns under a header of {width}",
                f"có {len(row)} cột trong khi tiêu đề có {width} cột",
            )
        if any(i not in header.columns and not blank(cell) for i, cell in enumerate(row)):
            raise invalid_shape(numbers[index], "a value without a header", "có giá trị ở cột không có tiêu đề")
        kept.append(index)
    while kept and cells.is_below_the_table(rows[kept[-1]]):
        skipped.setdefault("signature_rows", []).append(numbers[kept.pop()])
    records: list[Row] = [rows[index] for index in kept]
    if sheet:
        _fill_merged(records, kept, sheet, header, contract)
    return ParsedDelivery(
        _columns(records, header, contract),
        [numbers[index] for index in kept],
        {kind: sorted(found) for kind, found in skipped.items() if found},
        hidden=[numbers[index] for index in kept if sheet and (sheet.hidden or numbers[index] in sheet.hidden_rows)],
        without_key=[numbers[index] for index, row in zip(kept, records, strict=True) if not cells.of_key(row)],
    )


def _fill_merged(records: list[Row], kept: list[int], sheet: Sheet, header: Header, contract: Contract) -> None:
    """Give each record the value of the merged cell that it is part of.

    Of merged rows each has the value, but for a number, which may be the sum of the rows or of each; and of merged columns it is not
    known which one the value is for. Those are unreadable.

    Raises:
        InvalidDeliveryError: too_large. Merged cells of one sheet do not overlap.
    """
    numbers = {f.name for f in contract.sent_fields if f.type in ("int", "vnd")}
    places = {index: place for place, index in enumerate(kept)}
    left_over = sum(map(len, sheet.rows))
    for merge in sheet.merges:
        if merge.top < header.end or merge.top >= len(sheet.rows) or merge.left >= len(sheet.rows[merge.top]):
            continue
        bottom = min(merge.bottom, len(sheet.rows) - 1)
        left_over -= bottom - merge.top + 1
        if left_over < 0:
            raise too_large("merged cells", "số ô gộp", sum(map(len, sheet.rows)))
        value = sheet.rows[merge.top][merge.left]
        loaded = [i for i, column in header.columns.items() if merge.left <= i <= merge.right and column.field]
        if blank(value) or not loaded or (bottom == merge.top and len(loaded) == 1):
            continue
        several = bottom > merge.top
        covered = [places[index] for index in range(merge.top, bottom + 1) if index in places]
        for place in covered if len(covered) > 1 or len(loaded) > 1 else []:
            row = list(records[place])
            for i in loaded:
                unclear = i != merge.left or (several and len(covered) > 1 and header.columns[i].field in numbers)
                row[i] = Unreadable("merged") if unclear else value
            records[place] = row


def _unknown_header(header: Header, rows: Sequence[Row]) -> InvalidDeliveryError:
    cells = [c for row in rows[:HEADER_SEARCH_ROWS] for c in row if type(c) is str and c.strip()]
    broken = [kind for kind in map(legacy_encoding, cells) if kind]
    if len(broken) > LEGACY_SHARE * len(cells):
        return legacy_encoding_found(broken, len(cells), "header", "tiêu đề")
    # with so few columns recognised, the supposed header may be a row of persons: its text must not be reported
    unexpected = header.unexpected if len(header.columns) >= len(header.missing) else []
    return header_mismatch(header.missing, unexpected)


_TOTAL = r"(?:tổng|cộng|(?:grand |sub ?)?total|sum)\b.*"
_ORDINAL = r"(?:[ivxlc]+|[a-zđ]|\d{1,3}(?:\.\d{1,3})*)"
_UNITS = r"xã|phường|thị trấn|huyện|thị xã|thành phố|ấp|khu phố|thôn|bản|làng|buôn|tổ dân phố|hộ nghèo|hộ cận nghèo|hộ mới thoát nghèo"
_GROUP = rf"[ivxlc]+[.)]?|(?:{_ORDINAL}[.)]? ?-? ?)?(?:{_UNITS})\b.*"
_DATED = r"(?:.*, ?)?ngày [\d….]* ?tháng [\d….]* ?năm [\d….]*"
_PERSONS = r"người (?:lập|tổng hợp|điều tra|thu thập|báo cáo|kiểm tra|duyệt)|cán bộ|công chức|chuyên viên|thủ trưởng|trưởng|phó|thủ quỹ"
_PERSONS += r"|đại diện|lãnh đạo|kế toán|giám đốc|chủ tịch|xác nhận|nơi nhận"
_SIGNATURE = rf"{_DATED}|(?:{_PERSONS})\b.*|(?:tm|kt|tl|tuq|q)\. .*|\(?(?:đã )?ký\b.*|ghi chú ?:.*"
_SUBTOTAL = re.compile(f"{_TOTAL}|{_GROUP}")
_SUM = re.compile(_TOTAL)
_HEADING = re.compile(rf"{_ORDINAL}[.):] ?\S.*")  # of a section, alone in its row: A. HỘ NGHÈO
_SIGNED = re.compile(_SIGNATURE)
_LABEL = re.compile(f"{_TOTAL}|{_GROUP}|{_SIGNATURE}")
_NUMBERING = re.compile(r"\(?(\d{1,3})\)?(?: ?= ?[\d()+\-. ]+)?|[a-zđ]{1,2}")


class _Cells:
    """The cells of a row that have its key, those of other values that every record must have, and those of dates."""

    def __init__(self, header: Header, rows: Sequence[Row], contract: Contract) -> None:
        required = {f.name for f in contract.sent_fields if f.required and f.type in ("text", "code", "date")} - set(contract.key)
        mandatory = {f.name for f in contract.sent_fields if f.required}
        dates = {f.name for f in contract.sent_fields if f.type == "date"}
        self.count = len(header.columns)
        self.key = [i for i, column in header.columns.items() if column.field in contract.key]
        self.required = [i for i, column in header.columns.items() if column.field in required]
        self.mandatory = {i for i, column in header.columns.items() if column.field in mandatory}
        self.dates = {i for i, column in header.columns.items() if column.field in dates}
        self.loaded = {i for i, column in header.columns.items() if column.field}
        self.headers = [_keys_of(row) for row in rows[header.start : header.end]]
        self.key_headers = {(i, row[i]) for row in rows[header.start : header.end] for i in self.key if i < len(row) and not blank(row[i])}

    def of_key(self, row: Row) -> list[Any]:
        return [row[i] for i in self.key if i < len(row) and not blank(row[i])]

    def lacks_most(self, row: Row) -> bool:
        present = [i for i in self.required if i < len(row) and not blank(row[i]) and not _is_label(row[i])]
        return not self.required or len(present) * 2 < len(self.required)

    def lacks_all(self, row: Row) -> bool:
        """Whether a row has no required value; where a feed has none, whether it has three values at most."""
        if not self.required:
            return sum(not blank(cell) for cell in row) <= 3
        return all(i >= len(row) or blank(row[i]) for i in self.required)

    def may_repeat_header(self, row: Row) -> bool:
        return any((i, row[i]) in self.key_headers for i in self.key if i < len(row))

    def repeats_header(self, row: Row) -> bool:
        return _keys_of(row) in self.headers

    def is_below_the_table(self, row: Row) -> bool:
        """Whether the last row of a table has neither a key nor more than two or three words: the names below signatures."""
        return not self.of_key(row) and sum(not blank(cell) for cell in row) <= 3 and self.lacks_most(row)

    def complete_but_for_blanks(self, row: Row, width: int) -> bool:
        """Whether a row of a CSV is a whole record although it is longer or shorter than the header.

        Spreadsheets add blank cells at the end of a row, and leave them out. A cell that is missing elsewhere moves the cells after it:
        it is certain that none is missing when the last value of the row is a date in a column of dates, and would not be in one if it
        had been moved there.
        """
        if len(row) > width:
            return all(map(blank, row[width:]))
        missing = width - len(row)
        last = max((i for i, cell in enumerate(row) if not blank(cell)), default=-1)
        moved = self.dates.intersection(range(last + 1, last + missing + 1))
        if last not in self.dates or moved or self.mandatory.intersection(range(len(row), width)):
            return False
        try:
            return birth_day(row[last])[0] is not None
        except UnreadableValueError:
            return False


def _keys_of(row: Row) -> dict[int, str]:
    """The filled cells of a row as they are compared."""
    return {i: _number_or_key(cell) for i, cell in enumerate(row) if not blank(cell)}


def _structure(row: Row, cells: _Cells, *, at_top: bool, signed: bool) -> str | None:
    """The kind of a row that is not a record: blank_rows, repeated_headers, numbering_rows, subtotal_rows, signature_rows; None for one.

    A row is structure only when its text is one of structure, its key is empty (or has a label that was merged across, or the number of
    a total) and most of the required values are missing: a record without a key is still a record, and the row rules check it.
    """
    labelled = all(map(_is_label, cells.of_key(row)))
    if not labelled and not at_top and not signed and not cells.lacks_all(row):
        return "repeated_headers" if cells.may_repeat_header(row) and cells.repeats_header(row) else None
    filled = [cell for cell in row if not blank(cell)]
    words = list(map(_number_or_key, filled))
    lacking = labelled and cells.lacks_most(row)
    few = lacking and len(filled) * 2 < cells.count
    found = None
    if not filled:
        found = "blank_rows"
    elif cells.repeats_header(row):
        found = "repeated_headers"
    elif at_top and _is_numbering(filled, cells.count):
        found = "numbering_rows"
    elif (lacking and _is_heading(row, words, cells)) or (_SUM.fullmatch(words[0]) and cells.lacks_all(row)):
        found = "subtotal_rows"
    elif (signed and len(filled) <= 2) or (few and (signed or any(map(_SIGNED.fullmatch, words)))):
        found = "signature_rows"  # also the names below the signatures, in any column
    return found


def _is_heading(row: Row, words: list[str], cells: _Cells) -> bool:
    """Whether the words of a row are the name of a group: a unit, or any words that are alone in a numbered or an unloaded cell."""
    if _SUBTOTAL.fullmatch(words[0]) or (len(words) == 2 and _SUBTOTAL.fullmatch(" ".join(words))):
        return True
    if len(words) != 1 or not words[0] or words[0].isdigit() or _SIGNED.fullmatch(words[0]):
        return False
    place = next(i for i, cell in enumerate(row) if not blank(cell))
    return place not in cells.loaded or bool(_HEADING.fullmatch(words[0]))


def _is_label(cell: Any) -> bool:
    return bool(_LABEL.fullmatch(_key(cell)))


def _is_numbering(filled: Row, width: int) -> bool:
    """The line below a header that numbers its columns: 1 2 3, (1) (2), A B C 1 2, 5=6+7."""
    words = [_number_or_key(w) or str(w) for w in filled]
    found = [_NUMBERING.fullmatch(w) for w in words]
    if len(words) * 2 < width or not all(found) or len(set(words)) != len(words):
        return False
    ordinals = [int(m[1]) for m in found if m and m[1]]
    return ordinals == sorted(ordinals)


def _columns(rows: Sequence[Row], header: Header, contract: Contract) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {f.name: [None] * len(rows) for f in contract.sent_fields}
    lists = {f.name for f in contract.sent_fields if f.type == "list"}
    ticks: dict[str, dict[str, list[Any]]] = {}
    parts: dict[str, dict[str, dict[str, list[Any]]]] = {}
    for index, column in header.columns.items():
        if column.field is None:
            continue
        values = _mapped([row[index] if index < len(row) else None for row in rows], column, joined=column.field in lists)
        if column.item is None:
            columns[column.field] = values
        elif column.part is None:
            ticks.setdefault(column.field, {})[column.item] = values
        else:
            parts.setdefault(column.field, {}).setdefault(column.item, {})[column.part] = values
    for name, boxes in ticks.items():
        columns[name] = [_ticked(boxes, row) for row in range(len(rows))]
    for name, items in parts.items():
        columns[name] = [_items(items, row) for row in range(len(rows))]
    return columns


def _mapped(cells: list[Any], column: Column, *, joined: bool) -> list[Any]:
    """Cells with blanks as None and the layout's value map applied; a value that is not in the map stays unchanged."""
    if not column.value_map:
        return [None if blank(cell) else cell for cell in cells]

    def one(cell: Any) -> Any:
        try:
            return column.value_map.get(matching_key(cell), cell)
        except UnreadableValueError:
            return cell

    def read(cell: Any) -> Any:
        if blank(cell):
            return column.value_map.get("")
        return ";".join(map(str, map(one, cell.split(";")))) if joined and type(cell) is str else one(cell)

    known = {(type(cell), cell): read(cell) for cell in cells}
    return [known[type(cell), cell] for cell in cells]


def _ticked(boxes: dict[str, list[Any]], row: int) -> list[Any]:
    """The codes whose boxes are ticked; other text stays in the list, and the reader of the list refuses it."""
    codes: list[Any] = []
    for code, cells in boxes.items():
        cell = cells[row]
        try:
            ticked = cell is not None and boolean(cell)[0]
        except UnreadableValueError:
            codes.append(str(cell))
            continue
        if ticked:
            codes.append(code)
    return codes


def _items(items: dict[str, dict[str, list[Any]]], row: int) -> list[dict[str, Any]] | None:
    filled = [
        {ITEM_CODE: item, **{part: values[row] for part, values in parts.items()}}
        for item, parts in items.items()
        if any(values[row] is not None for values in parts.values())
    ]
    return filled or None
