"""From the bytes of a delivery to raw columns, with the row number of each value."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from upath import UPath

from labour_market.batches.delivery_errors import (
    InvalidDeliveryError,
    header_mismatch,
    invalid_shape,
    legacy_encoding_found,
    printable_name,
    several_tables,
    too_large,
)
from labour_market.batches.formats import CSV, JSON_LINES, MAX_DEPTH, MAX_RECORDS, XLSX, nesting
from labour_market.contracts import Contract
from labour_market.normalise.dates import from_1904
from labour_market.normalise.records import ParsedDelivery, Unreadable
from labour_market.normalise.text import LEGACY_SIGNS, legacy_encoding
from labour_market.reading.layouts import Layout, layout_path, read_layout
from labour_market.reading.sheet_tables import HEADER_SEARCH_ROWS, LEGACY_SHARE, blank, find_header, read_table
from labour_market.reading.workbooks import MAX_CELLS, read_workbook
from labour_market.settings import LAYOUTS_DIR

CHUNK_LINES = 10_000

ENCODINGS = {
    **dict.fromkeys(("utf-8", "utf8", "utf-8-sig", "us-ascii", "ascii"), "utf-8"),
    **dict.fromkeys(("utf-16", "utf16", "utf-16le", "utf-16-le"), "utf-16-le"),
    **dict.fromkeys(("utf-16be", "utf-16-be"), "utf-16-be"),
    **dict.fromkeys(("windows-1258", "cp1258"), "cp1258"),
    **dict.fromkeys(("windows-1252", "cp1252", "iso-8859-1", "latin-1"), "cp1252"),
}
BOM = b"\xef\xbb\xbf"
BYTE_ORDER_MARKS = {BOM: "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def parse_delivery(
    path: UPath | Path | str,
    media_type: str,
    encoding: str | None,
    form_version: str | None,
    contract: Contract,
    layouts_dir: Path = LAYOUTS_DIR,
) -> ParsedDelivery:
    """Read a landed delivery.

    Args:
        path: The landed file.
        media_type: Its announced media type.
        encoding: The announced encoding of a CSV, None for UTF-8; a byte order mark has precedence.
        form_version: The announced version of the form, which names the layout of a CSV or workbook.
        contract: Of the feed.
        layouts_dir: The folder of the layouts.

    Returns:
        Raw columns by field, the row number of each record, and notes on the rows that were skipped.

    Raises:
        InvalidDeliveryError: A rule of labour_market.batches.delivery_errors is broken.
        LayoutError: The layout itself is wrong.
    """
    data = UPath(path).read_bytes()
    _check_kind(data, media_type)
    if media_type in JSON_LINES:
        parsed = _parse_lines(data, contract)
    else:
        found = layout_path(contract.feed, form_version or "", layouts_dir)
        if found is None:
            raise InvalidDeliveryError("form_version_known", {"form_version": printable_name(form_version or "-")})
        layout = read_layout(found, contract)
        parsed = _parse_csv(data, encoding, layout, contract) if media_type == CSV else _parse_workbook(data, layout, contract)
    if len(parsed.row_numbers) > MAX_RECORDS:
        raise too_large("records", "số bản ghi", MAX_RECORDS)
    _check_text(parsed, contract)
    return parsed


_FOUND_VI = {
    "xls": "tệp Excel kiểu cũ (.xls)",
    "password": "tệp có mật khẩu",
    "html": "trang web (HTML)",
    "pdf": "tệp PDF",
    "archive": "tệp nén hoặc tệp Excel",
    "text": "tệp văn bản",
}


def _check_kind(data: bytes, media_type: str) -> None:
    if media_type not in (*JSON_LINES, CSV, XLSX):
        found, found_vi = printable_name(media_type), "loại tệp không hỗ trợ"
        raise InvalidDeliveryError("file_kind", {"declared": printable_name(media_type), "found": found, "found_vi": found_vi})
    if not data and media_type not in JSON_LINES:
        raise InvalidDeliveryError("not_empty", {"found_vi": "tệp không có nội dung (0 byte)"})
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith(b"\xd0\xcf\x11\xe0"):  # an OLE container: a file of Excel before 2007, or one with a password
        found = "password" if "EncryptedPackage".encode("utf-16-le") in data else "xls"
    elif data.startswith(b"%PDF"):
        found = "pdf"
    elif head.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<table")):
        found = "html"
    else:
        found = "archive" if data.startswith(b"PK\x03\x04") else "text"
    if found != ("archive" if media_type == XLSX else "text"):
        raise InvalidDeliveryError("file_kind", {"declared": media_type, "found": found, "found_vi": _FOUND_VI[found]})


def _parse_lines(data: bytes, contract: Contract) -> ParsedDelivery:
    for mark, codec in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            data = data.removeprefix(mark) if codec == "utf-8-sig" else _decode(data, None).encode()
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    parsed, members = _parse_records(lines, contract, check_members=False)
    if members != data.count(b":") and (members != data.count(b'":') or _has_spaced_colons(data)):
        # a member twice; or an object in a record, or such signs in a text, which only a parser that keeps every member can find
        parsed, _ = _parse_records(lines, contract, check_members=True)
    return parsed


def _parse_records(lines: list[bytes], contract: Contract, *, check_members: bool) -> tuple[ParsedDelivery, int]:
    """The records of all lines, and the number of their members. check_members: find those of which a record has two."""
    numbers: list[int] = []
    members = 0
    names = [f.name for f in contract.sent_fields]
    columns: dict[str, list[Any]] = {name: [] for name in names}
    sent: set[str] = set()
    for start in range(0, len(lines), CHUNK_LINES):
        records = _records(lines[start : start + CHUNK_LINES], start, numbers, check_members=check_members)
        members += sum(map(len, records))
        key_orders = set(map(tuple, records))
        sent |= set(chain.from_iterable(key_orders))
        if len(key_orders) == 1:  # as a sender's program writes them: all columns at once
            transposed = dict(zip(key_orders.pop(), zip(*map(dict.values, records), strict=True), strict=True))
            for name, column in columns.items():
                column.extend(transposed[name] if name in transposed else [None] * len(records))
        else:
            for name, column in columns.items():
                column.extend([record.get(name) for record in records])
    unknown, missing = sorted(sent - set(names)), [n for n in names if n not in sent]
    required = {f.name for f in contract.sent_fields if f.required}
    if numbers and (required & set(missing) or (missing and unknown)):
        raise header_mismatch(missing, unknown)
    blank_rows = sorted(set(range(1, len(lines) + 1)) - set(numbers)) if len(numbers) < len(lines) else []
    return ParsedDelivery(columns, numbers, {"blank_rows": blank_rows}, unknown_columns=list(map(printable_name, unknown))), members


def _records(lines: Sequence[bytes], before: int, numbers: list[int], *, check_members: bool) -> list[dict[str, Any]]:
    """The records of some lines, whose numbers are appended to `numbers`; before: the number of lines before them.

    With check_members, a member of which a record has two becomes an Unreadable: which one is meant is not known.

    Raises:
        InvalidDeliveryError: Reason: shape, encoding_readable.
    """
    rows: Sequence[int] = range(before + 1, before + len(lines) + 1)
    try:
        records = list(map(orjson.loads, lines))
    except orjson.JSONDecodeError:
        # files that were joined have a byte order mark in the middle
        filled = {row: line.removeprefix(BOM) for row, line in zip(rows, lines, strict=True) if line.removeprefix(BOM).strip()}
        rows, lines = list(filled), list(filled.values())
        if defect := next(filter(None, map(_line_defect, lines, rows)), None):
            raise defect from None
        records = list(map(orjson.loads, lines))
    if set(map(type, records)) - {dict}:
        row = next(row for row, record in zip(rows, records, strict=True) if type(record) is not dict)
        raise invalid_shape(row, "not a record", "không phải một bản ghi")
    for index in [i for i, line in enumerate(lines) if line.count(b"[") + line.count(b"{") > MAX_DEPTH]:
        if nesting(records[index]) > MAX_DEPTH:
            raise invalid_shape(rows[index], "nested too deep", "lồng nhau quá sâu")
    if check_members:
        records = [_without_repeated_members(line, record) for line, record in zip(lines, records, strict=True)]
    numbers.extend(rows)
    return records


def _without_repeated_members(line: bytes, record: dict[str, Any]) -> dict[str, Any]:
    """A record, with Unreadable in place of a member that it has twice, or in which an object has one twice.

    A parser of JSON silently takes the last one. Every member has a colon after a quotation mark: a record with as many of them as
    members has none twice.
    """
    if len(_MEMBER.findall(line)) == _members(record):
        return record

    def members(pairs: list[tuple[str, Any]]) -> Any:
        found = dict(pairs)
        twice = {name for name, times in Counter(name for name, _ in pairs).items() if times > 1}
        return _Members(found, twice)

    found: _Members = json.loads(line, object_pairs_hook=members, parse_int=float, parse_float=float)
    spoilt = found.repeated | {name for name, value in found.members.items() if _repeats(value)}
    return {name: Unreadable("repeated_member") if name in spoilt else value for name, value in record.items()}


_MEMBER = re.compile(rb'"\s*:')
_SPACED_COLON = re.compile(rb'"[ \t\r]+:')


def _has_spaced_colons(data: bytes) -> bool:
    """Whether a colon of a member may have a space before it, so that not every member has the signs ":."""
    spaces = [space for space in (b" ", b"\t", b"\r") if space in data]  # one sign is found ten times as fast as two
    return any(b'"' + space in data for space in spaces) and bool(_SPACED_COLON.search(data))


class _Members(NamedTuple):
    """The members of an object of JSON, and the names of those that it has twice."""

    members: dict[str, Any]
    repeated: set[str]


def _members(value: Any) -> int:
    """The number of members of a record and of all objects in it."""
    if isinstance(value, dict):
        return len(value) + sum(map(_members, value.values()))
    return sum(map(_members, value)) if isinstance(value, list) else 0


def _repeats(value: Any) -> bool:
    if isinstance(value, _Members):
        return bool(value.repeated) or any(map(_repeats, value.members.values()))
    return isinstance(value, list) and any(map(_repeats, value))


def _line_defect(line: bytes, row: int) -> InvalidDeliveryError | None:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            return InvalidDeliveryError("encoding_readable", {"encoding": "utf-8", "row": row})
        if "depth" in error.msg:
            return invalid_shape(row, "nested too deep", "lồng nhau quá sâu")
        return invalid_shape(row, "not JSON", "không phải JSON hợp lệ")
    return None


def _parse_csv(data: bytes, encoding: str | None, layout: Layout, contract: Contract) -> ParsedDelivery:
    text = _decode(data, encoding)
    if not text.strip():
        raise InvalidDeliveryError("not_empty", {"found_vi": "tệp không có dòng nào"})
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))  # a huge value is one unreadable value, and the rest is read
    rows: list[list[str]] = []
    numbers: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, layout), strict=True)
    start = 1
    try:
        for row in reader:
            rows.append(row)
            numbers.append(start)
            start = reader.line_num + 1
    except csv.Error:
        raise invalid_shape(start, "an unbalanced quote", "dấu ngoặc kép không đóng") from None
    return read_table(find_header(rows, layout), rows, numbers, contract)


def _decode(data: bytes, encoding: str | None) -> str:
    declared = (encoding or "utf-8").strip().lower().replace("_", "-")
    codec = next((codec for mark, codec in BYTE_ORDER_MARKS.items() if data.startswith(mark)), ENCODINGS.get(declared))
    if codec is None:
        raise InvalidDeliveryError("encoding_readable", {"encoding": printable_name(declared), "row": 1})
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise InvalidDeliveryError("encoding_readable", {"encoding": printable_name(declared), "row": row}) from None


def _delimiter(text: str, layout: Layout) -> str:
    """The one of ; , and tab with which most headers of the layout are found in the first lines."""
    head = "\n".join(text.split("\n", HEADER_SEARCH_ROWS)[:HEADER_SEARCH_ROWS])

    def recognised(delimiter: str) -> int:
        return len(find_header(list(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)), layout).columns)

    return max((";", ",", "\t"), key=recognised)


def _parse_workbook(data: bytes, layout: Layout, contract: Contract) -> ParsedDelivery:
    workbook = read_workbook(data)
    sheets = workbook.sheets
    if layout.sheet in sheets:
        sheets = {layout.sheet: sheets[layout.sheet]}
    oversized = any(sheet.oversized for sheet in sheets.values())
    if not oversized and all(blank(cell) for sheet in sheets.values() for row in sheet.rows for cell in row):
        raise InvalidDeliveryError("not_empty", {"found_vi": "tệp không có bảng dữ liệu"})
    headers = {name: find_header(sheet.rows, layout) for name, sheet in sheets.items()}
    with_table = [n for n, h in headers.items() if h.complete and not all(map(blank, chain.from_iterable(sheets[n].rows[h.end :])))]
    if len(with_table) > 1:
        raise several_tables({name: sheets[name].hidden for name in with_table})
    chosen = with_table[0] if with_table else max(headers, key=lambda name: len(headers[name].columns))
    if oversized and not with_table:  # a note on a sheet of its own may be of any size
        raise too_large("cells", "số ô", MAX_CELLS)
    rows = sheets[chosen].rows
    parsed = read_table(headers[chosen], rows, range(1, len(rows) + 1), contract, sheets[chosen])
    if workbook.from_1904:
        for of in contract.sent_fields:
            if of.type in ("date", "timestamp"):
                parsed.columns[of.name] = list(map(from_1904, parsed.columns[of.name]))
    return parsed


def _check_text(parsed: ParsedDelivery, contract: Contract) -> None:
    """Refuse a column of text of which all, or two values and more than 5 %, are in an old font encoding, or broken already.

    Fewer values are noted: 1 of 6 is one row that was pasted, and no reason to refuse the others.
    """
    for text_field in contract.sent_fields:
        if text_field.type != "text":
            continue
        cells = parsed.columns[text_field.name]
        try:
            distinct = {cell for cell in set(cells) if type(cell) is str}
        except TypeError:  # a list or an object of JSON in place of a text
            distinct = {cell for cell in cells if type(cell) is str}
        if LEGACY_SIGNS.isdisjoint("".join(distinct)):
            continue
        looks = {cell: kind for cell in distinct if (kind := legacy_encoding(cell))}
        texts = [cell for cell in cells if type(cell) is str]
        broken = [looks[cell] for cell in texts if cell in looks]
        if len(broken) > max(LEGACY_SHARE * len(texts), 1) or len(broken) == len(texts) > 0:
            raise legacy_encoding_found(broken, len(texts), text_field.name, text_field.label_vi)
        if broken:
            parsed.old_font[text_field.name] = set(looks)
