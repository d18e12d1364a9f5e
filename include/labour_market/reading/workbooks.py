"""Excel workbooks: checked against limits before a reader opens them, and read with every error cell kept as an error."""

import html
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from labour_market.batches.delivery_errors import InvalidDeliveryError, too_large
from labour_market.batches.formats import XLSX

MAX_PARTS = 2_000
MAX_UNPACKED = 400 * 2**20
MAX_RATIO = 100
MAX_CELLS = 20_000_000
ERROR = "#ERROR!"

# what zipfile raises for a file that is not an archive, or a damaged one
_DAMAGES = (
    zipfile.BadZipFile,
    NotImplementedError,  # an unknown kind of compression
    RuntimeError,
    EOFError,
    KeyError,
    OSError,
    ValueError,
    zlib.error,
    struct.error,
)
_FOUND_VI = {
    "macros": "tệp có macro",
    "xlsb": "tệp Excel nhị phân (.xlsb)",
    "archive": "tệp nén không phải Excel",
    "damaged": "tệp hỏng",
}


def read_sheets(data: bytes) -> dict[str, list[list[Any]]]:
    """Read the cells of each sheet from its first row on.

    Args:
        data: The bytes of the workbook.

    Returns:
        Sheet -> rows of cells: str, float, bool, date, datetime, "" for empty, #ERROR! for an error of Excel.

    Raises:
        InvalidDeliveryError: file_kind (macros, another archive, damaged), too_large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive)
            broken = {name: _read_part(archive.read(part)) for name, part in _sheet_parts(archive).items()}
        sheets = _cells(data)
    except _DAMAGES:
        raise _not_a_workbook("damaged") from None
    for name, rows in sheets.items():
        for row, column in broken.get(name, []):
            if row < len(rows) and column < len(rows[row]) and rows[row][column] == "":
                rows[row][column] = ERROR
    return sheets


def _cells(data: bytes) -> dict[str, list[list[Any]]]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        tables = [m.name for m in workbook.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
        return {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in tables}
    except CalamineError:
        raise _not_a_workbook("damaged") from None
    except BaseException as error:
        # a panic of the Rust reader is not an Exception, and one damaged sheet must not end the load of all senders
        if type(error).__name__ == "PanicException":
            raise _not_a_workbook("damaged") from None
        raise


def _not_a_workbook(found: str) -> InvalidDeliveryError:
    return InvalidDeliveryError("file_kind", {"declared": XLSX, "found": found, "found_vi": _FOUND_VI[found]})


def _check_archive(archive: zipfile.ZipFile) -> None:
    """Unpack every part once and count the bytes: the sizes that an archive states are not reliable."""
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if any(name.endswith("vbaProject.bin") for name in names):
        raise _not_a_workbook("macros")
    if "xl/workbook.xml" not in names:
        raise _not_a_workbook("xlsb" if "xl/workbook.bin" in names else "archive")
    if len(entries) > MAX_PARTS:
        raise too_large("parts", "số thành phần", MAX_PARTS)
    total = 0
    for entry in entries:
        before = total
        with archive.open(entry) as part:
            while chunk := part.read(2**20):
                total += len(chunk)
                unpacked = total - before
                if total > MAX_UNPACKED or (unpacked > 2**21 and unpacked > MAX_RATIO * max(entry.compress_size, 1)):
                    raise too_large("unpacked bytes", "dung lượng giải nén (byte)", MAX_UNPACKED)


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive of each sheet, by the name of the sheet."""

    def attributes(part: str, element: str) -> Iterator[dict[str, str]]:
        text = archive.read(part).decode("utf-8", "replace")
        for tag in re.findall(rf"<(?:\w+:)?{element}\s([^>]*)>", text):
            yield {name: html.unescape(a or b) for name, a, b in re.findall(r"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", tag)}

    targets = {r.get("Id"): r.get("Target", "") for r in attributes("xl/_rels/workbook.xml.rels", "Relationship")}
    parts = {}
    for sheet in attributes("xl/workbook.xml", "sheet"):
        target = targets.get(next((v for k, v in sheet.items() if k.endswith(":id")), None), "")
        part = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        if part in archive.namelist():
            parts[sheet.get("name", "")] = part
    return parts


_ERROR_CELL = re.compile(rb'<(?:\w+:)?c\s(?=[^>]*\bt="e")[^>]*?\br="([A-Z]+)(\d+)"')
_UNCOMPUTED = re.compile(
    rb'<(?:\w+:)?c\s(?![^>]*\bt="str")[^>]*?\br="([A-Z]+)(\d+)"[^>]*>\s*<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)'
    rb"\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_ROW = re.compile(rb'<(?:\w+:)?row\s[^>]*?\br="(\d+)"')
_FAR_ROW = re.compile(rb'\br="[A-Z]+(\d{6,})"')
_FAR_COLUMN = re.compile(rb'\br="[A-Z]{3,}\d')
_TWO_LETTERS = re.compile(rb'\br="([A-Z]{2})\d')


def _read_part(xml: bytes) -> list[tuple[int, int]]:
    """The cells with an error (#N/A, #REF!) or a formula without a computed value, both of which the reader gives as empty.

    Raises:
        InvalidDeliveryError: too_large. A reader holds a sheet as a full rectangle, and two distant cells would need gigabytes.
    """
    height = max(map(int, _ROW.findall(xml) + _FAR_ROW.findall(xml)), default=0)
    width = max(map(_column_index, set(_TWO_LETTERS.findall(xml))), default=25) + 1
    if _FAR_COLUMN.search(xml) or height * width > MAX_CELLS:
        raise too_large("cells", "số ô", MAX_CELLS)
    patterns: Sequence[re.Pattern[bytes]] = [_ERROR_CELL] * (b't="e"' in xml) + [_UNCOMPUTED] * bool(_FORMULA.search(xml))
    return [(int(row) - 1, _column_index(letters)) for pattern in patterns for letters, row in pattern.findall(xml)]


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1
