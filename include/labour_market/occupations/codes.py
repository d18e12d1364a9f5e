"""Reading the occupation code that a sender gave: VSCO 2020, ISCO-08, or a longer code that begins with one of them."""

import csv
import re
from functools import cache
from typing import NamedTuple

from labour_market.normalise.text import UnreadableValueError
from labour_market.settings import DBT_DIR

SEEDS = DBT_DIR / "seeds" / "occupation"
_SEPARATORS = re.compile(r"[ .\-/]")
_CODE = re.compile(r"[0-9]{1,5}")


class SentCode(NamedTuple):
    """A code as VSCO 2020. level: its number of digits. note: None when it was sent so, else isco, cut or false_friend (see read_vsco)."""

    code: str
    level: int
    note: str | None


def read_vsco(raw: str) -> SentCode:
    """Read a sender's code as VSCO 2020.

    A code of VSCO stays as it is, with the note false_friend where the same digits mean something else in ISCO-08 (1311, 3355). A code that
    only ISCO has becomes its VSCO group (9211 becomes 9201; note isco). Digits after the longest code of the lists are cut off (61139
    becomes 6113; note cut), down to two digits, at which the classifications agree outside groups 0 and 1.

    Raises:
        UnreadableValueError: not_codable (00000, which software makes of an empty code; it does not mean armed forces), not_a_code or
            unknown_code.
    """
    digits = _SEPARATORS.sub("", raw.strip())
    if not _CODE.fullmatch(digits):
        raise UnreadableValueError("not_a_code")
    if len(digits) > 1 and not digits.strip("0"):
        raise UnreadableValueError("not_codable")
    if digits in vsco_codes():
        return SentCode(digits, len(digits), "false_friend" if digits in false_friends() else None)
    for length in range(len(digits), 2, -1):
        prefix = digits[:length]
        if prefix in vsco_codes():
            return SentCode(prefix, length, "cut")
        if prefix in isco_only_codes():
            code = isco_only_codes()[prefix]
            return SentCode(code, len(code), "isco")
    group = digits[:2]
    if len(digits) > 2 and group in vsco_codes() and group[0] not in "01":
        return SentCode(group, 2, "cut")
    raise UnreadableValueError("unknown_code")


@cache
def vsco_codes() -> frozenset[str]:
    """All codes of VSCO 2020 in the reference list."""
    return frozenset(row["code"] for row in _rows("occupation"))


@cache
def isco_only_codes() -> dict[str, str]:
    """Codes that are in ISCO-08 and not in VSCO 2020 -> their VSCO group."""
    return {row["isco_code"]: row["vsco_code"] for row in _rows("isco_only_code")}


@cache
def false_friends() -> frozenset[str]:
    """VSCO codes whose digits mean something else in ISCO-08."""
    return frozenset(row["vsco_code"] for row in _rows("occupation_isco_map") if row["is_false_friend"] == "true")


def _rows(seed: str) -> list[dict[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
