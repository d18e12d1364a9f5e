"""Workbooks written by hand, so that their XML can be spelled in every way that programs spell it."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="165" formatCode="0.0%"/><numFmt numFmtId="166" formatCode="0&quot;%&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="9"/>'
    '<xf numFmtId="10"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs></styleSheet>'
)
DAY_STYLE, PERCENT_STYLES, QUOTED_SIGN = 1, (2, 3, 4), 5


@dataclass(frozen=True)
class Raw:
    """A cell as XML: attributes besides its reference, and what is in it."""

    attributes: str
    inside: str


def letters(column: int) -> str:
    text = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        text, column = chr(65 + rest) + text, column - 1
    return text


def cell(value: object, row: int, column: int, *, referred: bool = True) -> str:
    place = f' r="{letters(column)}{row + 1}"' if referred else ""
    if value is None:
        return "" if referred else "<c/>"
    if isinstance(value, Raw):
        return f"<c{place} {value.attributes}>{value.inside}</c>"
    if isinstance(value, int | float):
        return f"<c{place}><v>{value!r}</v></c>"
    return f'<c{place} t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def sheet(
    rows: Sequence[Sequence[object]], *, merges: Iterable[str] = (), hidden: Iterable[int] = (), more: str = "", referred: bool = True
) -> str:
    """The XML of a sheet. hidden: numbers of rows, from 1; more: XML of further rows."""
    lines = []
    for number, row in enumerate(rows):
        about = (f' r="{number + 1}"' if referred else "") + (' hidden="1"' if number + 1 in set(hidden) else "")
        lines.append(f"<row{about}>{''.join(cell(v, number, c, referred=referred) for c, v in enumerate(row))}</row>")
    merged = "".join(f'<mergeCell ref="{ref}"/>' for ref in merges)
    ending = f"<mergeCells>{merged}</mergeCells>" if merged else ""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}{more}</sheetData>{ending}</worksheet>'


def workbook(*sheets: str, from_1904: bool = False, states: Sequence[str] = (), mark: str = "/") -> bytes:
    """The bytes of a workbook with these sheets, S1, S2 ... states: visible, hidden or veryHidden of each; mark: between folders."""
    numbered = list(enumerate(sheets, 1))
    listed = "".join(
        f'<sheet name="S{n}" sheetId="{n}" state="{states[n - 1] if states else "visible"}" r:id="rId{n}"/>' for n, _ in numbered
    )
    about = '<workbookPr date1904="true"/>' if from_1904 else "<workbookPr/>"
    kinds = "".join(f'<Relationship Id="rId{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n, _ in numbered)
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">{about}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{kinds}<Relationship Id="rIdS"'
        f' Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
        **{f"xl/worksheets/sheet{n}.xml": xml for n, xml in numbered},
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, xml in parts.items():
            archive.writestr(name if name == "[Content_Types].xml" else name.replace("/", mark), xml)
    return packed.getvalue()
