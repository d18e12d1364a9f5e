"""The records of one delivery as columns: raw (ParsedDelivery) and typed (Normalised)."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ParsedDelivery:
    """Raw columns of one delivery: every sent field of the contract, None where a cell is empty or the field is not sent.

    row_numbers: ordinals of JSON records, lines of a CSV, rows of a sheet. notes: the numbers of skipped rows by kind (title_rows,
    header_rows, numbering_rows, subtotal_rows, signature_rows, blank_rows). unknown_columns: fields of JSON records that the contract
    does not have, where no field of the contract is missing.
    """

    columns: dict[str, list[Any]]
    row_numbers: list[int]
    notes: dict[str, int] = field(default_factory=dict)
    unknown_columns: list[str] = field(default_factory=list)


@dataclass
class Normalised:
    """Typed columns of one delivery. A value that could not be read is None and has an issue.

    issues: a list of `field:reason` for each row; notes: a list of `field:note` for each row.
    """

    columns: dict[str, list[Any]]
    row_numbers: list[int]
    issues: list[list[str]]
    notes: list[list[str]]


@contextmanager
def without_collector() -> Iterator[None]:
    """Switch Python's cycle collector off while millions of values are created, none of them in a cycle; it would double the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
