"""Small provinces that are published by hand: rows of bi.indicator, of which some are hidden."""

from decimal import Decimal

from tests.disclosure.published import COUNTS, Published, Row


def visible(metric: str, breakdown: str, number: object, below: object = None, **place: str) -> Row:
    """A row with its count, or with both counts of a ratio."""
    above = Decimal(str(number))
    value = above if below is None else round(above / Decimal(str(below)), 4)
    return _row(metric, breakdown, above, None if below is None else Decimal(str(below)), value, False, place)


def hidden(metric: str, breakdown: str = "all", **place: str) -> Row:
    return _row(metric, breakdown, None, None, None, True, place)


def _row(metric: str, breakdown: str, above, below, value, is_suppressed: bool, place: dict[str, str]) -> Row:
    period = place.get("period", "2023")
    kind = place.get("kind") or {"H": "half", "Q": "quarter"}.get(period[5:6]) or ("month" if "-" in period else "year")
    assert metric in COUNTS
    return Row(
        metric, kind, period, place.get("mode", "as_reported"), place.get("area", "all"), breakdown, above, below, value, is_suppressed,
        place.get("known_from", ""),
    )  # fmt: skip


def published(*rows: Row, **views: object) -> Published:
    return Published([list(rows)], **views)
