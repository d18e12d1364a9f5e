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
    "record_count", "size_bytes", "sha256", "sender", "period",
]  # fmt: skip

# The details of each rule, for the messages of contracts.
DETAILS: dict[FileRule, set[str]] = {
    "form_version_known": {"form_version"},  # there is no layout for it
    "file_kind": {"declared", "found", "found_vi"},  # another kind of file: .xls, password, macros, HTML page, PDF, damaged
    "not_empty": {"found_vi"},  # no bytes, or no table
    "too_large": {"what", "what_vi", "limit"},  # larger than a delivery of this kind can be; a compressed bomb
    "encoding_readable": {"encoding", "row"},  # bytes that are not text in the declared encoding
    "text_readable": {"share_pct", "legacy", "column", "column_vi"},  # text in an old font encoding (TCVN3, VNI) or broken (mojibake, ?)
    "header_recognised": {"missing", "unexpected"},  # columns of the form version that are missing, columns that are not in it
    "shape": {"row", "what", "what_vi"},  # an unbalanced quote, another number of columns, a line that is no record
    "record_count": {"declared", "found"},  # another number of records than announced
    "size_bytes": {"declared", "found"},  # another number of bytes than announced
    "sha256": {"declared", "found"},  # other bytes than announced
    "sender": {"announced", "gateway"},  # announced with the code of another sender
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
    """A delivery whose bytes are not what the sender announced: it was not landed, and asking again gave the same."""


def shape_defect(row: int, what: str, what_vi: str) -> InvalidDeliveryError:
    return InvalidDeliveryError("shape", {"row": row, "what": what, "what_vi": what_vi})


def too_large(what: str, what_vi: str, limit: int) -> InvalidDeliveryError:
    return InvalidDeliveryError("too_large", {"what": what, "what_vi": what_vi, "limit": limit})


def drift_defect(missing: Sequence[str], unexpected: Sequence[str]) -> InvalidDeliveryError:
    """Columns of the agreed form that are not there, and columns that are not in it; at most twelve of each are named."""

    def joined(names: Sequence[str]) -> str:
        more = f" (+{len(names) - 12})" if len(names) > 12 else ""
        return (", ".join(map(shown, names[:12])) + more) or "-"

    return InvalidDeliveryError("header_recognised", {"missing": joined(missing), "unexpected": joined(unexpected)})


def legacy_defect(broken: Sequence[str], cells: int, column: str, column_vi: str) -> InvalidDeliveryError:
    """broken: for each broken cell what it looks like (normalise.text.legacy_encoding). column_vi: the column as the form calls it."""
    legacy = Counter(broken).most_common(1)[0][0]
    return InvalidDeliveryError(
        "text_readable", {"share_pct": round(100 * len(broken) / cells), "legacy": legacy, "column": column, "column_vi": column_vi}
    )


def shown(name: str) -> str:
    """A sender's own name for a column or a sheet, fit for a message: short, and without a long number."""
    return "".join(c if c.isprintable() else " " for c in re.sub(r"\d{6,}", "…", name)[:80])
