"""Errors of a delivery as a file, named by the rule that it violates.

The contract of a feed has a message for each rule (`<feed>.file.<rule>`), which may use the details by name. No detail contains a value
of a record.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from labour_market.errors import LabourMarketError

FileRule = Literal[
    "form_version_known", "file_kind", "not_empty", "too_large", "encoding_readable", "text_readable", "header_recognised", "shape",
    "record_count", "size_bytes", "sha256", "sender", "period", "announcement",
]  # fmt: skip

# The details of each rule, for the messages of contracts.
DETAILS: dict[FileRule, set[str]] = {
    "form_version_known": {"form_version"},  # there is no layout for it
    "file_kind": {"declared", "found", "found_vi"},  # another kind of file: .xls, password, macros, HTML page, PDF, damaged
    "not_empty": {"found_vi"},  # no bytes, or no table
    "too_large": {"quantity", "quantity_vi", "limit"},  # over a limit for deliveries of this kind, such as a zip bomb
    "encoding_readable": {"encoding", "row"},  # bytes that are not text in the declared encoding
    "text_readable": {"share_pct", "legacy", "column", "column_vi"},  # text in an old font encoding (TCVN3, VNI) or broken (mojibake, ?)
    "header_recognised": {"missing", "unexpected"},  # columns of the form version that are missing, columns that are not in it
    "shape": {"row", "problem", "problem_vi"},  # an unbalanced quote, another number of columns, a line that is not a record
    "record_count": {"declared", "found"},  # another number of records than announced
    "size_bytes": {"declared", "found"},  # another number of bytes than announced
    "sha256": {"declared", "found"},  # other bytes than announced
    "sender": {"announced", "gateway"},  # announced with the code of another sender
    "announcement": {"changes"},  # announced again with another content before it was fetched: the names of what changed
    "period": {"period"},  # a period that cannot be read
}


class InvalidDeliveryError(LabourMarketError):
    """A delivery that cannot be read. details: those of the rule in DETAILS."""

    def __init__(self, rule_name: FileRule, details: dict[str, Any]) -> None:
        if details.keys() != DETAILS[rule_name]:
            raise ValueError(f"details of {rule_name}: {sorted(details)}")
        super().__init__(f"{rule_name}: " + ", ".join(f"{name}={value}" for name, value in details.items()))
        self.rule_name = rule_name
        self.details = details


class DeliveryRefusedError(InvalidDeliveryError):
    """A delivery whose bytes differ from the announcement, also when they are fetched again; it was not landed."""


def invalid_shape(row: int, problem: str, problem_vi: str) -> InvalidDeliveryError:
    """A row that is not a record; problem and problem_vi: why, in English and Vietnamese."""
    return InvalidDeliveryError("shape", {"row": row, "problem": problem, "problem_vi": problem_vi})


def too_large(quantity: str, quantity_vi: str, limit: int) -> InvalidDeliveryError:
    """A delivery over a limit of some quantity, named in English and Vietnamese."""
    return InvalidDeliveryError("too_large", {"quantity": quantity, "quantity_vi": quantity_vi, "limit": limit})


def header_mismatch(missing: Sequence[str], unexpected: Sequence[str]) -> InvalidDeliveryError:
    """Columns of the form that are missing, and columns that are not in the form; at most twelve of each are named."""

    def joined(names: Sequence[str]) -> str:
        more = f" (+{len(names) - 12})" if len(names) > 12 else ""
        return (", ".join(map(printable_name, names[:12])) + more) or "-"

    return InvalidDeliveryError("header_recognised", {"missing": joined(missing), "unexpected": joined(unexpected)})


def legacy_encoding_found(broken: Sequence[str], cells: int, column: str, column_vi: str) -> InvalidDeliveryError:
    """Text in an old or broken encoding.

    Args:
        broken: The encoding of each broken cell (normalise.text.legacy_encoding).
        cells: The number of cells with text.
        column: The column.
        column_vi: Its label on the form.
    """
    legacy = Counter(broken).most_common(1)[0][0]
    return InvalidDeliveryError(
        "text_readable", {"share_pct": round(100 * len(broken) / cells), "legacy": legacy, "column": column, "column_vi": column_vi}
    )


def printable_name(name: str) -> str:
    """A sender's name for a column or a sheet, made fit for a message: short, and without long numbers."""
    return "".join(c if c.isprintable() else " " for c in re.sub(r"\d{6,}", "…", name)[:80])
