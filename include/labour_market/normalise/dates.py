"""Dates as Vietnamese offices write them: the day first; Excel's serials; birth dates of which only the year or month is known."""

import re
from datetime import UTC, date, datetime, time, timedelta

from labour_market.normalise.text import UnreadableValueError, clean_text
from labour_market.settings import PROVINCE_TIME

Day = tuple[date | None, str | None]


_EPOCH = date(1899, 12, 30)  # day 0 of Excel's serials, which count a 29 February 1900
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 73_050  # 18/05/1927 to 31/12/2099: five digits, so that a year is not read as a serial
_CLOCK = r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s*(?:Z|[+-]\d{2}:?\d{2})?)?"
_DAY_FIRST = re.compile(rf"(\d{{1,2}}) ?[/.\-] ?(\d{{1,2}}) ?[/.\-] ?(\d{{4}}){_CLOCK}", re.ASCII)
_ISO = re.compile(rf"(\d{{4}})[/.\-](\d{{1,2}})[/.\-](\d{{1,2}}){_CLOCK}", re.ASCII)
_MONTH_YEAR = re.compile(r"(\d{1,2}) ?[/.\-] ?(\d{4})", re.ASCII)
_YEAR = re.compile(r"(\d{4})(?:\.0)?", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2}", re.ASCII)


def day(raw: object) -> Day:
    """A date: dd/mm/yyyy (never mm/dd), ISO, an Excel serial or a spreadsheet's own date.

    Note: excel_serial.

    Raises:
        UnreadableValueError: Reason: not_a_date, impossible, out_of_range (outside 1900 to 2100), year_only, two_digit_year.
    """
    found, note = _read(raw)
    if note == "year_only":
        raise UnreadableValueError("year_only")
    if note == "month_only":
        raise UnreadableValueError("month_only")
    return found, note


def birth_day(raw: object) -> Day:
    """A birth date. Registers often have only its year or month; the date is then the first day of it.

    Notes: year_only, month_only, excel_serial. Raises as day() does.
    """
    return _read(raw)


def _read(raw: object) -> Day:
    if isinstance(raw, datetime):
        return _calendar(raw.year, raw.month, raw.day), None
    if isinstance(raw, date):
        return _calendar(raw.year, raw.month, raw.day), None
    if isinstance(raw, time):  # Excel's day 0, 00/01/1900
        raise UnreadableValueError("impossible")
    if isinstance(raw, bool):
        raise UnreadableValueError("not_a_date")
    if isinstance(raw, int | float):
        return _number(raw)
    text, _ = clean_text(raw)
    return (None, None) if text is None else _text(text)


def _text(text: str) -> Day:
    if found := _DAY_FIRST.fullmatch(text):
        return _calendar_or_part(int(found[3]), int(found[2]), int(found[1]))
    if found := _ISO.fullmatch(text):
        return _calendar_or_part(int(found[1]), int(found[2]), int(found[3]))
    if found := _YEAR.fullmatch(text):
        return _calendar(int(found[1]), 1, 1), "year_only"
    if found := _MONTH_YEAR.fullmatch(text):
        return _calendar(int(found[2]), int(found[1]), 1), "month_only"
    if found := _SERIAL.fullmatch(text):
        return _number(int(found[1]))
    raise UnreadableValueError("two_digit_year" if _SHORT_YEAR.fullmatch(text) else "not_a_date")


def _number(number: float) -> Day:
    if _FIRST_SERIAL <= number <= _LAST_SERIAL:
        return _EPOCH + timedelta(days=int(number)), "excel_serial"
    if 1900 <= number <= 2100 and number == int(number):
        return _calendar(int(number), 1, 1), "year_only"
    raise UnreadableValueError("out_of_range")


def _calendar_or_part(year: int, month: int, day_: int) -> Day:
    # registers write only a year as 00/00/1985; 00/01/1900 is Excel's zero and means no date
    if day_ == 0 and year > 1900:
        return _calendar(year, month or 1, 1), "month_only" if month else "year_only"
    return _calendar(year, month, day_), None


def _calendar(year: int, month: int, day_: int) -> date:
    if not 1900 <= year <= 2100:
        raise UnreadableValueError("out_of_range")
    try:
        return date(year, month, day_)
    except ValueError:
        raise UnreadableValueError("impossible") from None


def moment(raw: object) -> tuple[datetime | None, str | None]:
    """A point in time, in UTC. One without a zone is read in the province's time zone (note: no_zone).

    Raises:
        UnreadableValueError: Reason: not_a_time, out_of_range.
    """
    if isinstance(raw, datetime):
        found = raw
    else:
        text, _ = clean_text(raw)
        if text is None:
            return None, None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise UnreadableValueError("not_a_time") from None
    if not 1900 <= found.year <= 2100:
        raise UnreadableValueError("out_of_range")
    note = "no_zone" if found.tzinfo is None else None
    return (found.replace(tzinfo=PROVINCE_TIME) if note else found).astimezone(UTC), note
