"""Excel workbooks: checked against limits before a reader opens them, and read with every error cell kept as an error.

The reader gives the values of cells. What it does not give is scanned from the XML: errors and formulas without a value, percent
formats, merged cells, hidden rows, and the extent of the cells that have a value.
"""

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.parsers import expat

from labour_market.batches.delivery_errors import InvalidDeliveryError, too_large
from labour_market.batches.formats import XLSX

MAX_PARTS = 2_000
MAX_UNPACKED = 400 * 2**20
MAX_RATIO = 100
MAX_CELLS = 20_000_000
ERROR = "#ERROR!"
WORKBOOK = "xl/workbook.xml"

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
    expat.ExpatError,
)
_FOUND_VI = {
    "macros": "tệp có macro",
    "xlsb": "tệp Excel nhị phân (.xlsb)",
    "archive": "tệp nén không phải Excel",
    "damaged": "tệp hỏng",
}


@dataclass(frozen=True)
class Merge:
    """A block of merged cells; rows and columns are counted from 0. Its value is in the first cell."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Sheet:
    """A sheet of a workbook.

    Attributes:
        rows: Cells from the first row on: str, float, bool, date, datetime, "" for empty, #ERROR! for an error of Excel, "70%" for a
            number in a percent format.
        hidden: Whether the sheet is hidden.
        hidden_rows: The numbers of the hidden rows, from 1.
        merges: The merged cells.
        oversized: With the sheets before it, it has more cells than MAX_CELLS; none was read.
    """

    rows: list[list[Any]]
    hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    merges: tuple[Merge, ...] = ()
    oversized: bool = False


@dataclass
class Workbook:
    """The sheets of a workbook by name. from_1904: its serials of dates count from 1904, as in files of old Macs."""

    sheets: dict[str, Sheet]
    from_1904: bool


def read_workbook(data: bytes) -> Workbook:
    """Read the cells of each sheet from its first row on.

    Args:
        data: The bytes of the workbook.

    Returns:
        The sheets, in their order.

    Raises:
        InvalidDeliveryError: file_kind (macros, another archive, damaged), too_large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = _parts(archive)
            scans, from_1904 = _scan_sheets(archive, parts)
            if any(name != entry.filename for name, entry in parts.items()):
                data = _renamed(archive, parts)
        sheets = _read(data, scans)
    except _DAMAGES:
        raise _not_a_workbook("damaged") from None
    return Workbook(sheets, from_1904)


def _read(data: bytes, scans: "dict[str, _Scan]") -> dict[str, Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    sheets, cells = {}, 0
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for about in workbook.sheets_metadata:
            if about.typ != SheetTypeEnum.WorkSheet:
                continue
            scan = scans[about.name]
            rows: list[list[Any]] = []
            cells += scan.height * scan.width
            oversized = cells > MAX_CELLS
            if not oversized:
                rows = workbook.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
                scan.complete(rows)
            hidden = about.visible != SheetVisibleEnum.Visible
            sheets[about.name] = Sheet(rows, hidden, frozenset(scan.hidden_rows), tuple(scan.merges), oversized)
    except CalamineError:
        raise _not_a_workbook("damaged") from None
    except BaseException as error:
        # a panic of the Rust reader is not an Exception, and one damaged sheet must not end the load of all senders
        if type(error).__name__ == "PanicException":
            raise _not_a_workbook("damaged") from None
        raise
    return sheets


def _not_a_workbook(found: str) -> InvalidDeliveryError:
    return InvalidDeliveryError("file_kind", {"declared": XLSX, "found": found, "found_vi": _FOUND_VI[found]})


def _parts(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The parts by name, with / also where a program wrote \\. Every part is unpacked once and its bytes are counted: the sizes that
    an archive states are not reliable."""
    entries = archive.infolist()
    if len(entries) > MAX_PARTS:
        raise too_large("parts", "số thành phần", MAX_PARTS)
    parts = {entry.filename.replace("\\", "/"): entry for entry in entries}
    if any(name.endswith("vbaProject.bin") for name in parts):
        raise _not_a_workbook("macros")
    if WORKBOOK not in parts:
        raise _not_a_workbook("xlsb" if "xl/workbook.bin" in parts else "archive")
    if len(parts) != len(entries):  # two parts of one name: this module and the reader may take different ones
        raise _not_a_workbook("damaged")
    total = 0
    for entry in entries:
        before = total
        with archive.open(entry) as part:
            while chunk := part.read(2**20):
                total += len(chunk)
                unpacked = total - before
                if total > MAX_UNPACKED or (unpacked > 2**21 and unpacked > MAX_RATIO * max(entry.compress_size, 1)):
                    raise too_large("unpacked bytes", "dung lượng giải nén (byte)", MAX_UNPACKED)
    return parts


def _renamed(archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> bytes:
    """The same archive with the names of its parts as the reader expects them."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as written:
        for name, entry in parts.items():
            written.writestr(name, archive.read(entry))
    return packed.getvalue()


# ---- the XML of the parts


def _parser(starts: dict[str, Callable[[dict[str, str]], None]]) -> expat.XMLParserType:
    """A parser that calls starts[name] with the attributes of an element of that name, whatever its prefix.

    Its Parse() raises ExpatError for what is not XML, and ValueError for a document type, which no workbook has.
    """
    known: dict[str, Callable[[dict[str, str]], None] | None] = dict(starts)

    def start(name: str, attributes: dict[str, str]) -> None:
        if name not in known:
            known[name] = starts.get(name.rpartition(":")[2])
        if (called := known[name]) is not None:
            called(attributes)

    def refuse(*_: object) -> None:
        raise ValueError("a workbook has no document type")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    return parser


def _elements(xml: bytes, *names: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of these names in a part with their attributes, all without prefixes."""
    found: list[tuple[str, dict[str, str]]] = []

    def keep(name: str) -> Callable[[dict[str, str]], None]:
        return lambda attributes: found.append((name, {key.rpartition(":")[2]: value for key, value in attributes.items()}))

    _parser({name: keep(name) for name in names}).Parse(xml, True)
    return found


def _true(value: str | None) -> bool:
    return value in ("1", "true", "on")


def _scan_sheets(archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> "tuple[dict[str, _Scan], bool]":
    """The scan of each sheet by its name, and whether serials count from 1904. A sheet without a part raises KeyError."""
    related = {
        about["Id"]: posixpath.normpath(posixpath.join("/xl", about["Target"].replace("\\", "/"))).removeprefix("/")
        for _, about in _elements(archive.read(parts["xl/_rels/workbook.xml.rels"]), "Relationship")
    }
    described = _elements(archive.read(parts[WORKBOOK]), "sheet", "workbookPr")
    percents = _percent_styles(archive.read(parts["xl/styles.xml"])) if "xl/styles.xml" in parts else frozenset()
    scans = {}
    for name, about in described:
        if name == "sheet":
            scans[about["name"]] = _Scan(archive.read(parts[related[about["id"]]]), percents)
    return scans, any(name == "workbookPr" and _true(about.get("date1904")) for name, about in described)


def _percent_styles(xml: bytes) -> frozenset[str]:
    """The numbers of the cell styles that show a number as a percentage."""
    percents, styles, inside = {"9", "10"}, [], ""
    for name, about in _elements(xml, "numFmt", "cellXfs", "cellStyleXfs", "dxfs", "xf"):
        if name == "numFmt" and "%" in re.sub(r'"[^"]*"|\\.', "", about.get("formatCode", "")):
            percents.add(about.get("numFmtId", ""))
        elif name != "xf":
            inside = name
        elif inside == "cellXfs":
            styles.append(about.get("numFmtId", "0"))
    return frozenset(str(number) for number, style in enumerate(styles) if style in percents)


_COLUMN = re.compile(r"[A-Z]{1,3}")
_MERGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})", re.ASCII)


class _Scan:
    """What the XML of a sheet says about its cells; rows and columns are counted from 0.

    Attributes:
        height, width: Of the rectangle with every cell that has a value; a cell that only has a format does not count.
        unread: The cells with an error (#N/A) or a formula without a computed value, both of which the reader gives as empty.
        percents: The cells with a number in a percent format.
        hidden_rows: The numbers of the hidden rows, from 1.
        merges: The merged cells.
    """

    def __init__(self, xml: bytes, percent_styles: frozenset[str]) -> None:
        self.height = self.width = 0
        self.unread: list[tuple[int, int]] = []
        self.percents: list[tuple[int, int]] = []
        self.hidden_rows: set[int] = set()
        self.merges: list[Merge] = []
        self._percent_styles = percent_styles
        self._columns: dict[str, int] = {}
        self._row = self._column = -1
        self._cell: dict[str, str] = {}
        self._computed: list[str] | None = None  # the text of the value of a formula; None: the cell has no formula
        starts = {"c": self._start_cell, "v": self._start_value, "is": self._start_value, "f": self._start_formula}
        starts |= {"row": self._start_row, "mergeCell": self._start_merge}
        self._parser = _parser(starts)
        self._parser.Parse(xml, True)
        self._end_cell()

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._end_cell()
        self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
        self._column = -1
        if _true(attributes.get("hidden")):
            self.hidden_rows.add(self._row + 1)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._end_cell()
        self._cell = attributes
        place = attributes.get("r")
        if place is None:
            self._column += 1
        else:
            letters = place.rstrip("0123456789")
            self._row = int(place[len(letters) :]) - 1
            if letters not in self._columns:
                self._columns[letters] = _column_index(letters)
            self._column = self._columns[letters]
        if attributes.get("t") == "e":
            self._occupy()
            self.unread.append((self._row, self._column))

    def _start_formula(self, _: dict[str, str]) -> None:
        self._computed = []

    def _start_value(self, _: dict[str, str]) -> None:
        self._occupy()
        if self._computed is not None:
            self._parser.CharacterDataHandler = self._computed.append
        if self._cell.get("s") in self._percent_styles and self._cell.get("t", "n") == "n":
            self.percents.append((self._row, self._column))

    def _end_cell(self) -> None:
        """A cell ends where the next one, its row or the sheet does. The value of a formula may be a text of no letters."""
        if self._computed is None:
            return
        if not "".join(self._computed).strip() and self._cell.get("t") != "str":
            self._occupy()
            self.unread.append((self._row, self._column))
        self._computed = None
        self._parser.CharacterDataHandler = None

    def _start_merge(self, attributes: dict[str, str]) -> None:
        if found := _MERGE.fullmatch(attributes.get("ref", "")):
            self.merges.append(Merge(int(found[2]) - 1, _column_index(found[1]), int(found[4]) - 1, _column_index(found[3])))

    def _occupy(self) -> None:
        if self._row >= self.height:
            self.height = self._row + 1
        if self._column >= self.width:
            self.width = self._column + 1

    def complete(self, rows: list[list[Any]]) -> None:
        """Write into the cells of the reader what it does not give: errors and percentages."""
        for row, column in self.unread:
            rows.extend([] for _ in range(row + 1 - len(rows)))
            cells = rows[row]
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = ERROR
        for row, column in self.percents:
            if row < len(rows) and column < len(rows[row]) and type(rows[row][column]) is float:
                percentage = Decimal(f"{rows[row][column]:.15g}") * 100
                rows[row][column] = f"{percentage.normalize():f}%"


def _column_index(letters: str) -> int:
    if not _COLUMN.fullmatch(letters):
        raise ValueError("a cell without a column")
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
