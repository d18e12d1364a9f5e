"""Records in the formats of offices: JSON lines, or forms as spreadsheets and text files with title, numbering, totals and signature.

Layouts are read from include/layouts, the files with which the warehouse reads the forms.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from simulator.area import District
from simulator.survey import Record
from simulator.workbook import Sheet, write_workbook

LAYOUTS = Path(__file__).parents[1] / "layouts"
JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

SYNTHETIC = "Số liệu mô phỏng, không phải số liệu thật (synthetic data)"
TITLES = {
    "employers": "TỔNG HỢP THÔNG TIN NHU CẦU TUYỂN DỤNG CỦA NGƯỜI SỬ DỤNG LAO ĐỘNG (Mẫu số 02)",
    "job_orders": "DANH SÁCH PHIẾU ĐĂNG KÝ TUYỂN DỤNG LAO ĐỘNG (Mẫu số 03)",
    "labour_survey": "TỔNG HỢP THÔNG TIN VỀ NGƯỜI LAO ĐỘNG (Mẫu số 01)",
    "fair_sessions": "BÁO CÁO PHIÊN GIAO DỊCH VIỆC LÀM",
    "fair_attendance": "DANH SÁCH NGƯỜI LAO ĐỘNG THAM GIA PHIÊN GIAO DỊCH VIỆC LÀM",
    "placements": "THEO DÕI VIỆC LÀM SAU GIỚI THIỆU",
    "poverty_register": "DANH SÁCH HỘ NGHÈO, HỘ CẬN NGHÈO",
    "programme_plans": "KẾ HOẠCH THỰC HIỆN TIỂU DỰ ÁN 4.3",
    "budget_movements": "BIẾN ĐỘNG KINH PHÍ TIỂU DỰ ÁN 4.3",
}
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TARGET = re.compile(r"(\w*)(?:\[([^\]]+)\](?:\.(\w+))?)?")


@dataclass(frozen=True, eq=False)
class Column:
    """A column of a form: its header, its field (with item and part of the item), and the cell for each value."""

    header: str
    field: str
    item: str | None
    part: str | None
    cells: dict[str, str]


@dataclass
class Table:
    """A filled-in form: its columns, and for each record its cells and its group, a commune or session, if any."""

    columns: list[Column]
    sheet: str | None
    groups: list[str | None]
    rows: list[list[Any]]


@cache
def read_layout(feed: str, form_version: str) -> tuple[tuple[Column, ...], str | None]:
    """The columns and the sheet name of a form version.

    Raises:
        FileNotFoundError: When there is no such layout.
    """
    path = LAYOUTS / feed / (form_version.replace("/", "__") + ".csv")
    columns = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            name, item, part = _TARGET.fullmatch(row["field"]).groups()  # type: ignore[union-attr]  # it matches anything
            pairs = [pair.split("=", 1) for pair in filter(None, row["value_map"].split(";"))]
            columns.append(Column(row["header"], name, item, part, {value: cell for cell, value in reversed(pairs)}))
            sheet = row["sheet"] or None
    return tuple(columns), sheet


def canonical(record: Record) -> str:
    """A record in canonical JSON, which is hashed: sorted keys, no spaces, UTF-8."""
    return _CANONICAL.encode(record)


def json_lines(records: Iterable[Record]) -> bytes:
    """Records in canonical JSON, one a line."""
    return "".join(canonical(record) + "\n" for record in records).encode()


def fill_in(feed: str, form_version: str, records: list[Record], district: District) -> Table:
    """The form with the records in it. Dates are kept as date; None is an empty cell."""
    columns, sheet = read_layout(feed, form_version)
    rows: list[list[Any]] = [[None] * len(columns) for _ in records]
    groups: list[str | None] = [None] * len(records)
    for place, column in enumerate(columns):
        if column.field:
            read = _reader(column)
            for row, record in zip(rows, records, strict=True):
                row[place] = read(record)
        elif column.header.lower() in ("stt", "tt"):
            for serial, row in enumerate(rows, 1):
                row[place] = serial
    if feed == "fair_attendance":
        groups = [f"phiên {record['session_no']}" for record in records]
    elif feed in ("employers", "labour_survey"):
        names = {commune.code: commune.name for commune in district.communes}
        groups = [names.get(record["commune_code"]) for record in records]
    return Table(list(columns), sheet, groups, rows)


def _reader(column: Column) -> Callable[[Record], Any]:
    def field_value(record: Record) -> Any:
        value = record[column.field]
        if isinstance(value, list):
            value = ";".join(value) if not value or isinstance(value[0], str) else canonical(value)  # type: ignore[arg-type]
            return value or None
        key = "true" if value is True else "false" if value is False else value
        if column.cells and key in column.cells:
            return column.cells[key] or None
        return date.fromisoformat(key) if type(key) is str and _ISO_DAY.fullmatch(key) else key

    def tick(record: Record) -> Any:
        return "x" if column.item in (record[column.field] or ()) else None

    def part(record: Record) -> Any:
        return next((item[column.part] for item in record[column.field] or () if item["vsco2"] == column.item), None)

    return field_value if column.item is None else tick if column.part is None else part


def printed(value: Any) -> str:
    """A cell as text: dates dd/mm/yyyy."""
    return "" if value is None else f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def write_csv(table: Table, feed: str, district: District, encoding: str, *, bare: bool) -> bytes:
    """A text file. bare: only header and records, with commas; else the form with ";", as a Vietnamese Excel saves it."""
    width = len(table.columns)
    lines: list[list[str]] = [[column.header for column in table.columns]]
    body = [[printed(cell) for cell in row] for row in table.rows]
    if bare:
        lines += body
    else:
        head = [[line] for line in _title_block(feed, district)]
        numbering = [[str(n) for n in range(1, width + 1)]]
        tail = [["", "Tổng cộng"], [], *([""] * (width - 2) + [line] for line in _signature(district))]
        lines = [*head, [], *lines, *numbering, *body, *tail]
    out = io.StringIO()
    writer = csv.writer(out, delimiter="," if bare else ";", lineterminator="\r\n")
    writer.writerows(line + [""] * (width - len(line)) for line in lines)
    return encode(out.getvalue(), encoding)


def write_xlsx(table: Table, feed: str, district: District, *, groups_first: bool) -> bytes:
    """A workbook. groups_first: a line before each commune (I, II ...) and real dates; else totals after each commune, dates as text, and
    a first sheet with instructions.
    """
    width = len(table.columns)
    title = [[line] for line in _title_block(feed, district)]
    header, merged = _two_level_header([column.header for column in table.columns], top=len(title) + 1)
    numbering = [str(n) for n in range(1, width + 1)] if groups_first else ["A", "B", *map(str, range(1, width - 1))]
    body = list(_body(table, groups_first=groups_first))
    if not groups_first:
        body = [[printed(cell) if isinstance(cell, date) else cell for cell in row] for row in body]
    tail = [[None] * (width - 3) + [line] for line in _signature(district)]
    sheet = Sheet(
        table.sheet or "Sheet1",
        [*title, [], *header, numbering, *body, [], *tail],
        range(len(title) + 1, len(title) + 1 + len(header)),
        merged,
    )
    return write_workbook([Sheet("Hướng dẫn", _INSTRUCTIONS), sheet] if table.sheet else [sheet])


_INSTRUCTIONS = [["Cách ghi biểu"], ["1. Mỗi dòng một bản ghi, không bỏ trống mã số."], ["2. Ngày ghi dd/mm/yyyy."], [SYNTHETIC]]


def _title_block(feed: str, district: District) -> list[str]:
    return [
        f"UBND {district.name.upper()}",
        "PHÒNG LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM - Độc lập - Tự do - Hạnh phúc",
        "",
        TITLES[feed],
        f"({SYNTHETIC})",
    ]


def _signature(district: District) -> list[str]:
    place = district.name.split(" ", 1)[1]
    return [f"{place}, ngày 12 tháng 6 năm 2023", "NGƯỜI LẬP BIỂU", "(Ký, ghi rõ họ tên)", "", "Trần Thị Mô Phỏng"]


def _two_level_header(headers: list[str], top: int) -> tuple[list[list[str | None]], list[tuple[int, int, int, int]]]:
    """One header row where no header has two levels; else two rows, with groups merged across and single columns merged down."""
    levels = [header.split(" > ", 1) for header in headers]
    if all(len(level) == 1 for level in levels):
        return [list(headers)], []
    upper: list[str | None] = [None] * len(levels)
    merged = []
    place = 0
    for group, members in groupby(levels, key=lambda level: level[0]):
        span = len(list(members))
        upper[place] = group
        if len(levels[place]) == 1:
            merged.append((top, place, top + 1, place))
        elif span > 1:
            merged.append((top, place, top, place + span - 1))
        place += span
    return [upper, [level[1] if len(level) == 2 else None for level in levels]], merged


def _body(table: Table, *, groups_first: bool) -> Iterator[list[Any]]:
    """The records, with a line for each group and one for all."""
    place = 0
    for number, (group, members) in enumerate(groupby(table.groups), 1):
        rows = table.rows[place : (place := place + len(list(members)))]
        if group and groups_first:
            yield _total(table, rows, _roman(number), group)
        yield from rows
        if group and not groups_first:
            yield _total(table, rows, None, f"Cộng {group}")
    yield _total(table, table.rows, None, "Tổng cộng")


def _total(table: Table, rows: list[list[Any]], number: str | None, label: str) -> list[Any]:
    """A line of totals: a label in the column of names, sums of numbers, and no record number."""
    line: list[Any] = [None] * len(table.columns)
    for place, column in enumerate(table.columns):
        if column.field in _SUMMED:
            line[place] = sum(row[place] for row in rows if isinstance(row[place], int)) or None
    names = [i for i, column in enumerate(table.columns) if column.field in _NAMES]
    line[0] = number if names else f"{number} {label}" if number else label
    for place in names[:1]:
        line[place] = label
    return line


_SUMMED = ("headcount", "headcount_female", "planned_hires_6m", "demand_grid", "openings", "openings_female", "cost_planned_vnd")
_NAMES = ("name", "full_name", "title")


def _roman(number: int) -> str:
    parts = ((40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
    text = ""
    for value, sign in parts:
        text += sign * (number // value)
        number %= value
    return text


def encode(text: str, encoding: str) -> bytes:
    """Text in one of the encodings of offices; windows-1258 and tcvn3 are converted first.

    Raises:
        UnicodeEncodeError: The encoding lacks a character.
    """
    if encoding == "utf-16":
        return b"\xff\xfe" + text.encode("utf-16-le")
    if encoding == "windows-1258":
        return _tones_apart(text).encode("cp1258")
    if encoding == "tcvn3":
        return as_tcvn3(text).encode("latin-1")
    return text.encode(encoding)


_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


def _tones_apart(text: str) -> str:
    """Letters in the form of windows-1258: â, ê, ơ as one code, the tone after them."""
    letters: list[str] = []
    for cluster in re.findall(r".[\u0300-\u036f]*", unicodedata.normalize("NFD", text), re.DOTALL):
        tones = "".join(c for c in cluster if c in _TONES)
        letters.append(unicodedata.normalize("NFC", "".join(c for c in cluster if c not in _TONES)) + tones)
    return "".join(letters)


# The table of TCVN 5712:1993 (VN3) as in the .VnTime fonts: capitals with a tone have the code of the small letter
_TCVN3_LETTERS = (
    "àµả¶ã·á¸ạ¹ă¨ằ»ẳ¼ẵ½ắ¾ặÆâ©ầÇẩÈẫÉấÊậËđ®èÌẻÎẽÏéÐẹÑêªềÒểÓễÔếÕệÖì×ỉØĩÜíÝịÞòßỏáõâóãọäô«ồåổæỗçốèộé"
    "ơ¬ờêởëỡìớíợîùïủñũòúóụôư\xadừõửöữ÷ứøựùỳúỷûỹüýýỵþĂ¡Â¢Ê£Ô¤Ơ¥Ư¦Đ§"
)
_TCVN3 = dict(zip(_TCVN3_LETTERS[::2], _TCVN3_LETTERS[1::2], strict=True))


def as_tcvn3(text: str) -> str:
    """Text that was typed in an old font and is read as Latin letters: Nguyễn becomes NguyÔn."""
    return "".join(_TCVN3.get(c) or _TCVN3.get(c.lower(), c) for c in unicodedata.normalize("NFC", text))
