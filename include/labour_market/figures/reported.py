"""Figures that reports and newspapers state: recorded as they were written, to be compared with the counted ones (bi.stated_figure)."""

from dataclasses import dataclass
from datetime import date

import psycopg

from labour_market.errors import UsageError, check_known
from labour_market.figures import known_metrics
from labour_market.normalise.stated import Stated, read_stated
from labour_market.normalise.text import UnreadableValueError


@dataclass(frozen=True)
class Statement:
    """A figure as it was reported. The first six fields identify its cell of bi.indicator; part: numerator, denominator or value."""

    metric: str
    period_kind: str
    period: str
    area_mode: str
    area_code: str
    breakdown: str
    part: str
    as_written: str
    stated_by: str
    stated_on: date
    source: str


def record(connection: psycopg.Connection, statement: Statement, *, by: str) -> Stated:
    """Record a statement. Rows are only added.

    Args:
        connection: Of the role steward.
        statement: The reported figure.
        by: The person who records it.

    Returns:
        The figure as it is read: value, bound and step.

    Raises:
        UsageError: There is no such indicator, part or area mode, the text has no figure, or the source is missing.
    """
    check_known("indicator", statement.metric, known_metrics(connection))
    check_known("part", statement.part, ("numerator", "denominator", "value"))
    check_known("area mode", statement.area_mode, ("as_reported", "restated", "restated_former_district"))
    if not statement.source.strip():
        raise UsageError("a statement needs its source: the report or newspaper")
    try:
        stated = read_stated(statement.as_written)
    except UnreadableValueError:
        raise UsageError(f"{statement.as_written!r} is no figure; write it as it is written there: 1.530, hơn 1.500, 1,30%") from None
    values = {**vars(statement), **stated._asdict(), "recorded_by": by}
    connection.execute(
        "insert into ops.stated_figure (metric, period_kind, period, area_mode, area_code, breakdown, part, as_written, stated_by,"
        " stated_on, source, value, bound, step, recorded_by) values (%(metric)s, %(period_kind)s, %(period)s, %(area_mode)s,"
        " %(area_code)s, %(breakdown)s, %(part)s, %(as_written)s, %(stated_by)s, %(stated_on)s, %(source)s, %(value)s, %(bound)s,"
        " %(step)s, %(recorded_by)s)",
        values,
    )
    return stated
