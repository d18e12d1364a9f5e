"""The records of one delivery as columns: as they were read (ParsedDelivery), and as they are typed (Normalised)."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class ParsedDelivery:
    """Raw columns of one delivery: every sent field of the contract, None where a cell is empty or the field is not sent.

    row_numbers: record ordinal of JSON, physical line of a CSV, row of a sheet. notes: what was skipped as structure, and how
    often (title_rows, header_rows, numbering_rows, subtotal_rows, signature_rows, blank_rows). unknown_columns: fields of
    JSON records that the contract does not know, while none that it knows is missing.
    """

    columns: dict[str, list[Any]]
    row_numbers: list[int]
    notes: dict[str, int] = field(default_factory=dict)
    unknown_columns: list[str] = field(default_factory=list)


@dataclass
class Normalised:
    """Typed columns of one delivery. A value that could not be read is None, and its row says so.

    issues: per row `field:reason`; notes: per row `field:what was normalised`; changed_share: field -> share of its values
    that were normalised.
    """

    columns: dict[str, list[Any]]
    row_numbers: list[int]
    issues: list[list[str]]
    notes: list[list[str]]
    changed_share: dict[str, float]


@contextmanager
def without_collector() -> Iterator[None]:
    """Hold Python's cycle collector while millions of values are made, none of them in a cycle: it would double the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
