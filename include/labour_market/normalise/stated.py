"""Figures as reports and forms write them: "hơn 1.500", "gần 500", "hơn 3,6 tỷ đồng", "1,30%", "32 doanh nghiệp"."""

import re
from decimal import Decimal
from typing import NamedTuple

from labour_market.normalise.numbers import SCALES, readings
from labour_market.normalise.text import UnreadableValueError, matching_key


class Stated(NamedTuple):
    """A figure that was read. value: 1,30% is 0.0130. bound: exact, at_least (hơn, trên), at_most (gần, dưới) or about (khoảng).
    step: the value of its last digit, 10^8 for "3,6 tỷ"."""

    value: Decimal
    bound: str
    step: Decimal


_BOUNDS = {
    **dict.fromkeys(("hơn", "trên", "từ", "ít nhất", ">", ">="), "at_least"),
    **dict.fromkeys(("gần", "dưới", "tối đa", "không quá", "<", "<="), "at_most"),
    **dict.fromkeys(("khoảng", "ước", "~", "chừng"), "about"),
}
_STATED = re.compile(rf"(?:({'|'.join(map(re.escape, sorted(_BOUNDS, key=len, reverse=True)))}) ?)?(\d[\d.,]*)(?: ?(%|[^\W\d_]+))?(?: .*)?")


def read_stated(raw: object) -> Stated:
    """Read a figure with its bound.

    Raises:
        UnreadableValueError: Reason: not_a_number, ambiguous.
    """
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return Stated(Decimal(str(raw)), "exact", Decimal(1))
    found = _STATED.fullmatch(matching_key(raw)) if isinstance(raw, str) else None
    if not found:
        raise UnreadableValueError("not_a_number")
    bound, number, unit = found.groups()
    typed = readings(number.rstrip(".,"))[0]
    scale = Decimal(SCALES.get(unit or "", 1)) if unit != "%" else Decimal("0.01")
    step = Decimal(1).scaleb(int(typed.as_tuple().exponent))
    return Stated(typed * scale, _BOUNDS[bound] if bound else "exact", step * scale)
