"""A small writer of XLSX workbooks (ECMA-376): fast, and with the same bytes for the same cells.

openpyxl writes the current time into each file and takes ten times as long; it can read these workbooks.
"""

import io
import zipfile
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ERRORS = frozenset(("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"))
_DAY_ZERO = date(1899, 12, 30)
_PLAIN, _DATE, _HEADER = 0, 1, 2
_FONT = '<sz val="11"/><name val="Times New Roman"/>'
_ALIGNED = '<alignment horizontal="center" vertical="center" wrapText="1"/>'
# the three kinds of cell: plain, a day, a header
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>'
    f'<fonts count="2"><font>{_FONT}</font><font><b/>{_FONT}</font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/>'
    f'<xf numFmtId="164" applyNumberFormat="1"/><xf fontId="1" applyFont="1" applyAlignment="1">{_ALIGNED}</xf></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


@dataclass
class Sheet:
    """A sheet. rows: of str, int, float, date or None; header: rows in bold; merged: (row, column, row, column); all counted from 0."""

    name: str
    rows: list[list[Any]]
    header: range = range(0)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


def write_workbook(sheets: list[Sheet]) -> bytes:
    """The bytes of a workbook. A string such as #N/A becomes an error cell."""
    strings: dict[str, int] = {}
    parts = {f"xl/worksheets/sheet{n}.xml": _sheet_xml(sheet, strings) for n, sheet in enumerate(sheets, 1)}
    numbers = range(1, len(sheets) + 1)
    links = [(f"rId{n}", f"{_OFFICE}/worksheet", f"worksheets/sheet{n}.xml") for n in numbers]
    links += [("rIdS", f"{_OFFICE}/sharedStrings", "sharedStrings.xml"), ("rIdF", f"{_OFFICE}/styles", "styles.xml")]
    names = "".join(f'<sheet name={quoteattr(s.name)} sheetId="{n}" r:id="rId{n}"/>' for n, s in enumerate(sheets, 1))
    texts = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in strings)
    kinds = {"/xl/workbook.xml": "sheet.main", "/xl/sharedStrings.xml": "sharedStrings", "/xl/styles.xml": "styles"}
    kinds |= {f"/{part}": "worksheet" for part in parts}
    overrides = "".join(f'<Override PartName="{part}" ContentType="{_KIND}.{kind}+xml"/>' for part, kind in kinds.items())
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        f'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{overrides}</Types>',
        "_rels/.rels": _relationships([("rId1", f"{_OFFICE}/officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relationships(links),
        "xl/styles.xml": _STYLES,
        "xl/sharedStrings.xml": f'{_HEAD}<sst xmlns="{_MAIN}" uniqueCount="{len(strings)}">{texts}</sst>',
        **parts,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2023, 6, 14, 8, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _relationships(links: list[tuple[str, str, str]]) -> str:
    entries = "".join(f'<Relationship Id="{name}" Type="{kind}" Target="{target}"/>' for name, kind, target in links)
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def _sheet_xml(sheet: Sheet, strings: dict[str, int]) -> str:
    rows = []
    for number, row in enumerate(sheet.rows, 1):
        style = _HEADER if number - 1 in sheet.header else _PLAIN
        filled = [(f"{_letters(place)}{number}", value) for place, value in enumerate(row) if value not in (None, "")]
        rows.append(f'<row r="{number}">{"".join(_cell(at, value, style, strings) for at, value in filled)}</row>')
    merged = "".join(
        f'<mergeCell ref="{_letters(left)}{top + 1}:{_letters(right)}{bottom + 1}"/>' for top, left, bottom, right in sheet.merged
    )
    merged = merged and f'<mergeCells count="{len(sheet.merged)}">{merged}</mergeCells>'
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData>{merged}</worksheet>'


def _cell(at: str, value: Any, style: int, strings: dict[str, int]) -> str:
    if isinstance(value, date):
        return f'<c r="{at}" s="{_DATE}"><v>{(value - _DAY_ZERO).days}</v></c>'
    if isinstance(value, str):
        if value in _ERRORS:
            return f'<c r="{at}" t="e"><v>{value}</v></c>'
        return f'<c r="{at}" s="{style}" t="s"><v>{strings.setdefault(value, len(strings))}</v></c>'
    return f'<c r="{at}" s="{style}"><v>{value}</v></c>'


@cache
def _letters(place: int) -> str:
    """The name of a column: A for 0, AA for 26."""
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(65 + place % 26)
