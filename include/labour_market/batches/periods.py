"""The periods of deliveries: 2023, 2023-06 or 2023-06-14."""

import calendar
import re
from datetime import date, timedelta

from labour_market.errors import UsageError

PERIOD = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def period_bounds(period: str) -> tuple[date, date]:
    """The first day of a period and the first day after it.

    Raises:
        ValueError: Text that is not a period, or that ends after the last day that a calendar has.
    """
    try:
        return _bounds(period)
    except OverflowError:
        raise ValueError(f"{period!r} is too late") from None


def _bounds(period: str) -> tuple[date, date]:
    match = PERIOD.fullmatch(period)
    if not match:
        raise ValueError(f"{period!r} is not a period; a period is 2023, 2023-06 or 2023-06-14")
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    if month is None:
        return date(year, 1, 1), date(year + 1, 1, 1)
    if day is None:
        last = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
        if not last:
            raise ValueError(f"{period!r} has a month that does not exist")
        return date(year, month, 1), date(year, month, last) + timedelta(days=1)
    try:
        first = date(year, month, day)
    except ValueError:
        raise ValueError(f"{period!r} is not a day of the calendar") from None
    return first, first + timedelta(days=1)


def check_period(text: str | None) -> None:
    """Check a period that a call gives; None means any.

    Raises:
        UsageError: It is not a period.
    """
    if text is not None:
        try:
            period_bounds(text)
        except ValueError as error:
            raise UsageError(str(error)) from None
