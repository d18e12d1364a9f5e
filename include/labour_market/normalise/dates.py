"""Dates as Vietnamese offices write them: the day first; Excel's serials; birth dates of which only the year or month is known."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from labour_market.normalise.records import Unreadable
from labour_market.normalise.text import UnreadableValueError, clean_text
from labour_market.settings import PROVINCE_TIME

Day = tuple[date | None, str | None]


_EPOCH = date(1899, 12, 30)  # day 0 of Excel's serials, which count a 29 February 1900
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 73_050  # 18/05/1927 to 31/12/2099: five digits, so that a year is not read as a serial
_CLOCK = r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(?:AM|PM|SA|CH)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
_DAY_FIRST = re.compile(rf"(\d{{1,2}}) ?[/.\-] ?(\d{{1,2}}) ?[/.\-] ?(\d{{4}})\.?{_CLOCK}", re.ASCII | re.IGNORECASE)
_ISO = re.compile(rf"(\d{{4}})[/.\-](\d{{1,2}})[/.\-](\d{{1,2}}){_CLOCK}", re.ASCII | re.IGNORECASE)
_NAMED_MONTH = re.compile(
    r"(?:ngày )?(\d{1,2})[ \-](?:tháng ?(\d{1,2})|thg ?(\d{1,2})|([a-z]{3,9}))[ ,.\-](?: ?năm )?(\d{4})\.?", re.ASCII | re.IGNORECASE
)
_MONTHS = dict(zip(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], range(1, 13), strict=True))
_MONTH_YEAR = re.compile(r"(?:tháng )?(\d{1,2}) ?[/.\-] ?(\d{4})", re.ASCII | re.IGNORECASE)
_YEAR = re.compile(r"(\d{4})(?:\.0)?", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2}", re.ASCII)
_DAYS_TO_1904 = 1462  # between day 0 of a workbook that counts from 1904 and day 0 of another


def from_1904(raw: object) -> object:
    """A cell of a column of dates in a workbook whose serials count from 1904: a serial as other workbooks count, others unchanged.

    A serial that was typed as text may have been copied from another workbook, so that its day is not known.
    """
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return raw if 1900 <= raw <= 2100 and raw == int(raw) else raw + _DAYS_TO_1904
    return Unreadable("epoch_unknown") if isinstance(raw, str) and _SERIAL.fullmatch(raw.strip()) else raw


def day(raw: object) -> Day:
    """A date: dd/mm/yyyy (never mm/dd), ISO, 03-Thg5-1990, an Excel serial or a spreadsheet's own date.

    A time with a zone is the day of that moment in the province, so that 1985-03-04T17:00:00Z is the fifth; at midnight it is the day
    as written. Notes: excel_serial, other_zone (the day is not the one that is written).

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
        return _in_province(raw)
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
        return _with_clock(int(found[3]), int(found[2]), int(found[1]), found.groups()[3:])
    if found := _ISO.fullmatch(text):
        return _with_clock(int(found[1]), int(found[2]), int(found[3]), found.groups()[3:])
    if found := _NAMED_MONTH.fullmatch(text):
        month = found[2] or found[3] or _MONTHS.get(found[4][:3].lower())
        if month is None or (found[4] and not _ENGLISH_MONTH.fullmatch(found[4])):
            raise UnreadableValueError("not_a_date")
        return _calendar(int(found[5]), int(month), int(found[1])), None
    if found := _YEAR.fullmatch(text):
        return _calendar(int(found[1]), 1, 1), "year_only"
    if found := _MONTH_YEAR.fullmatch(text):
        return _calendar(int(found[2]), int(found[1]), 1), "month_only"
    if found := _SERIAL.fullmatch(text):
        return _number(int(found[1]))
    raise UnreadableValueError("two_digit_year" if _SHORT_YEAR.fullmatch(text) else "not_a_date")


_ENGLISH_MONTH = re.compile(
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?",
    re.IGNORECASE,
)


def _with_clock(year: int, month: int, day_: int, clock: Sequence[str | None]) -> Day:
    """The day of a date with a clock: hour, minute, second and zone, None where there is none. Without a zone it is the written day."""
    hour, minute, second, zone = clock
    written = _calendar_or_part(year, month, day_)
    if hour is None or zone is None or written[1]:
        return written
    try:
        moment_ = datetime.fromisoformat(f"{written[0]}T{int(hour):02}:{minute}:{second or '00'}{zone.upper()}")
    except ValueError:
        raise UnreadableValueError("not_a_time") from None
    return _in_province(moment_)


def _in_province(found: datetime) -> Day:
    written = _calendar(found.year, found.month, found.day)
    if found.tzinfo is None or found.time() == time():
        return written, None
    local = found.astimezone(PROVINCE_TIME)
    day_ = _calendar(local.year, local.month, local.day)
    return day_, None if day_ == written else "other_zone"


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
    elif isinstance(raw, int | float) and not isinstance(raw, bool):
        return _moment_of_serial(raw), "no_zone"
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


def _moment_of_serial(number: float) -> datetime:
    if not _FIRST_SERIAL <= number <= _LAST_SERIAL:
        raise UnreadableValueError("not_a_time")
    seconds = round(number % 1 * 86_400)
    return (datetime.combine(_EPOCH, time()) + timedelta(days=int(number), seconds=seconds)).replace(tzinfo=PROVINCE_TIME).astimezone(UTC)
