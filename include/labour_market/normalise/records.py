"""The records of one delivery as columns: raw (ParsedDelivery) and typed (Normalised)."""

from dataclasses import dataclass, field
from typing import Any

from labour_market.normalise.text import Reason


@dataclass(frozen=True)
class Unreadable:
    """In place of a raw value that the reader of the file could not read for certain."""

    reason: Reason


@dataclass
class ParsedDelivery:
    """Raw columns of one delivery: every sent field of the contract, None where a cell is empty or the field is not sent.

    Attributes:
        columns: Raw values by field.
        row_numbers: Of each record: its line in JSON lines or a CSV, or its row of the sheet.
        skipped: The rows that are no records, by kind: title_rows, header_rows, repeated_headers, numbering_rows,
            subtotal_rows, signature_rows, blank_rows.
        hidden: The records in hidden rows, or on a hidden sheet.
        without_key: The records without any part of the key.
        unknown_columns: Fields of JSON records that the contract does not have, where no field of the contract is missing.
        old_font: The values of a field that seem to be in an old font encoding, where they are few.
    """

    columns: dict[str, list[Any]]
    row_numbers: list[int]
    skipped: dict[str, list[int]] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    without_key: list[int] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    old_font: dict[str, set[str]] = field(default_factory=dict)

    @property
    def notes(self) -> dict[str, int]:
        """The number of skipped rows of each kind."""
        return {kind: len(rows) for kind, rows in self.skipped.items() if rows}


@dataclass
class Normalised:
    """Typed columns of one delivery. A value that could not be read is None and has an issue.

    issues: a list of `field:reason` for each row; notes: a list of `field:note` for each row.
    """

    columns: dict[str, list[Any]]
    row_numbers: list[int]
    issues: list[list[str]]
    notes: list[list[str]]
