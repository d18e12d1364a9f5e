"""Layouts of file deliveries: which header of a form has which field.

include/layouts/<feed>/<form_version, / written as __>.csv with the columns
- sheet: the sheet of the table; empty: the first one on which the header is found
- header: the complete header as printed; of a merged two-level header `Nhóm > Cột`
- field: the field of the feed; empty: a known column that is not loaded (STT, Ghi chú); `field[code]`: a box that is ticked when
  the code is in the list; `field[code].part`: one part of one item of a list of items, such as demand_grid[17].quantity
- value_map: `1=male;2=female`, also of an empty cell (`x=true;=false`)
- note: for people
"""

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as with_default
from pathlib import Path

from labour_market.contracts import Contract
from labour_market.errors import LabourMarketError
from labour_market.normalise.text import matching_key
from labour_market.settings import LAYOUTS_DIR

_FORM_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]*(?:/[A-Za-z0-9][A-Za-z0-9.\-]*)?")
_TARGET = re.compile(r"(?P<field>[a-z][a-z0-9_]*)(?:\[(?P<item>[^\[\]]+)\](?:\.(?P<part>[a-z][a-z0-9_]*))?)?")
_COLUMNS = ["sheet", "header", "field", "value_map", "note"]


class LayoutError(LabourMarketError):
    """A layout file that contradicts itself or its contract."""


@dataclass(frozen=True)
class Column:
    """A column of a form. key: the header as it is compared; field None: a column that is not loaded; item and part: see the module."""

    header: str
    key: str
    field: str | None
    item: str | None = None
    part: str | None = None
    value_map: dict[str, str] = with_default(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Layout:
    """The columns of one form version; sheet None: the sheet on which the header is found."""

    form_version: str
    sheet: str | None
    columns: tuple[Column, ...]


def header_key(header: str) -> str:
    """A header as it is compared: clean, casefolded, one space around the > of two levels."""
    return " > ".join(matching_key(level) for level in header.split(">"))


def layout_path(feed: str, form_version: str, root: Path = LAYOUTS_DIR) -> Path | None:
    """The path of the layout of a form version; None when there is none, or the name is invalid.

    Args:
        feed: The feed.
        form_version: Of the delivery, such as TT01-2022/csv-a.
        root: The folder with the layouts.
    """
    if not _FORM_VERSION.fullmatch(form_version):
        return None
    path = root / feed / (form_version.replace("/", "__") + ".csv")
    return path if path.is_file() else None


def read_layout(path: Path, contract: Contract) -> Layout:
    """Read one layout file and check it against the contract.

    Raises:
        LayoutError: It names an unknown field, repeats a header or a target, or lacks a required field. That is an internal error,
            not one of a sender.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if reader.fieldnames is None or list(reader.fieldnames) != _COLUMNS:
            raise LayoutError(f"{path.name}: the columns must be {', '.join(_COLUMNS)}")
        rows = [{name: (value or "").strip() for name, value in row.items()} for row in reader]
    sheets = {row["sheet"] for row in rows}
    columns = tuple(_column(row, path, contract) for row in rows)
    problems = [f"header {h!r} twice" for h in _repeated(c.key for c in columns)]
    problems += [f"{t} twice" for t in _repeated(str((c.field, c.item, c.part)) for c in columns if c.field)]
    problems += [f"no column for {f.name}" for f in contract.sent_fields if f.required and f.name not in {c.field for c in columns}]
    if len(sheets) > 1:
        problems.append("more than one sheet")
    if problems:
        raise LayoutError(f"{path.name}: " + "; ".join(problems))
    return Layout(path.stem.replace("__", "/"), next(iter(sheets), "") or None, columns)


def _column(row: dict[str, str], path: Path, contract: Contract) -> Column:
    key = header_key(row["header"])
    if not row["field"]:
        return Column(row["header"], key, None)
    target = _TARGET.fullmatch(row["field"])
    fields = {f.name: f for f in contract.sent_fields}
    if not target or target["field"] not in fields:
        raise LayoutError(f"{path.name}: {row['field']!r} is not a field of {contract.feed}")
    kind = fields[target["field"]].type
    if target["item"] and kind != ("items" if target["part"] else "list"):
        raise LayoutError(f"{path.name}: {row['field']!r} is not how a field of type {kind} is written")
    return Column(row["header"], key, target["field"], target["item"], target["part"], _value_map(row["value_map"], path))


def _value_map(text: str, path: Path) -> dict[str, str]:
    pairs = [pair.split("=", 1) for pair in text.split(";") if pair.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise LayoutError(f"{path.name}: a value map is written 1=male;2=female, not {text!r}")
    return {matching_key(cell): value.strip() for cell, value in pairs}


def _repeated(values: Iterable[str]) -> list[str]:
    return sorted(value for value, times in Counter(values).items() if times > 1)
