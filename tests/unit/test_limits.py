"""Limits in pairs: what is at a limit is accepted, and what is one beyond it is refused."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from labour_market.batches.delivery_errors import InvalidDeliveryError, header_mismatch, wrong_count
from labour_market.batches.formats import nesting
from labour_market.batches.periods import check_period, period_bounds
from labour_market.contracts import load_contract
from labour_market.errors import UsageError
from labour_market.gateway import AnnouncementDefect, Delivery, DeliveryRefusedError
from labour_market.gateway.announcements import read_announcement
from labour_market.gateway.client import _canonical_line
from labour_market.ingestion.reader import Limits
from labour_market.normalise import codes, dates, numbers, text
from labour_market.normalise.records import ParsedDelivery
from labour_market.normalise.text import UnreadableValueError
from labour_market.reading import deliveries, workbooks
from labour_market.reading.deliveries import parse_delivery
from labour_market.reading.layouts import Column, Layout
from labour_market.reading.sheet_tables import find_header
from labour_market.reading.workbooks import read_workbook
from workbook_files import Raw, sheet, workbook

SESSIONS = load_contract("fair_sessions")
FIXTURES = Path(__file__).parents[1] / "fixtures"


def outcome(read: Callable, raw: object) -> object:
    """The value that a reader reads, or why it does not."""
    try:
        return read(raw)[0]
    except UnreadableValueError as error:
        return error.reason


@pytest.mark.parametrize(
    ("read", "at_the_limit", "value", "beyond", "reason"),
    [
        (text.clean_text, "x" * 4_000, "x" * 4_000, "x" * 4_001, "too_long"),
        (text.clean_text, 10**40 - 1, "9" * 40, 10**40, "too_long"),
        (text.clean_text, -(10**40) + 1, "-" + "9" * 40, -(10**40), "too_long"),
        (codes.code, "x" * 200, "x" * 200, "x" * 201, "too_long"),
        (codes.code, 2**53 - 1, "9007199254740991", 2**53, "digits_lost"),
        (codes.code, 0, "0", -1, "not_a_code"),
        (codes.vsco, "54321", "54321", "543210", "wrong_length"),
        (codes.commune, "27991", "27991", "279910", "wrong_length"),
        (codes.commune, "7991", "07991", "0799", "wrong_length"),
        (codes.district, 794, "794", 7940, "wrong_length"),
        (codes.national_id, "080190000001", "080190000001", "0801900000012", "wrong_length"),
        (codes.national_id, "80190000", "wrong_length", "8019000", "wrong_length"),
        (codes.national_id, "38019000", "038019000", "48019000", "wrong_length"),
        (codes.phone, "0901234567", "0901234567", "09012345678", "not_a_phone"),
        (codes.phone, "18001234", "18001234", "1800123", "not_a_phone"),
        (codes.phone, "1800123456", "1800123456", "18001234567", "not_a_phone"),
        (codes.email, f"{'x' * 64}@a.vn", f"{'x' * 64}@a.vn", f"{'x' * 65}@a.vn", "not_an_email"),
        (numbers.integer, 2**31 - 1, 2**31 - 1, 2**31, "too_large"),
        (numbers.integer, "2147483647", 2**31 - 1, "2147483648", "too_large"),
        (numbers.integer, -(2**31) + 1, -(2**31) + 1, -(2**31), "too_large"),
        (numbers.money, 10**15, 10**15, 10**15 + 1, "too_large"),
        (numbers.money, "1.000.000 tỷ", 10**15, "1.000.001 tỷ", "too_large"),
        (numbers.money, "5" + " " * 50 + "nghìn", 5_000, "5" + " " * 60 + "nghìn", 5_000),
        (numbers.money, "1," + "0" * 39 + " đồng", 1, "1," + "0" * 60 + " đồng", "not_a_number"),
        (numbers.wage, 100_000, 100_000, 99_999, "unit_unknown"),
        (numbers.wage, 0, 0, 1, "unit_unknown"),
        (numbers.year, 1900, 1900, 1899, "out_of_range"),
        (numbers.year, "2100", 2100, "2101", "out_of_range"),
        (numbers.boolean, 1, True, 2, "not_yes_or_no"),
        (numbers.boolean, 0.0, False, -1, "not_yes_or_no"),
        (dates.day, 10_000, date(1927, 5, 18), 9_999, "out_of_range"),
        (dates.day, 73_050, date(2099, 12, 31), 73_051, "out_of_range"),
        (dates.day, "01/01/1900", date(1900, 1, 1), "31/12/1899", "out_of_range"),
        (dates.day, "31/12/2100", date(2100, 12, 31), "01/01/2101", "out_of_range"),
        (dates.day, "29/02/2024", date(2024, 2, 29), "29/02/2023", "impossible"),
        (dates.birth_day, 1900, date(1900, 1, 1), 1899, "out_of_range"),
        (dates.birth_day, 2100, date(2100, 1, 1), 2101, "out_of_range"),
        (dates.birth_day, "00/12/1985", date(1985, 12, 1), "00/13/1985", "impossible"),
        (dates.birth_day, "00/00/1901", date(1901, 1, 1), "00/01/1900", "impossible"),
        (dates.moment, 10_000, datetime(1927, 5, 17, 17, tzinfo=UTC), 9_999, "not_a_time"),
        (dates.moment, 73_050, datetime(2099, 12, 30, 17, tzinfo=UTC), 73_051, "not_a_time"),
        (dates.moment, "1900-01-01T12:00+07:00", datetime(1900, 1, 1, 5, tzinfo=UTC), "1899-12-31T12:00+07:00", "out_of_range"),
        (dates.moment, "2100-12-31T12:00+07:00", datetime(2100, 12, 31, 5, tzinfo=UTC), "2101-01-01T12:00+07:00", "out_of_range"),
        (codes.demand_items, [{"vsco2": "61", "quantity": 1}] * 200, "grid_repeats", [{"vsco2": "61", "quantity": 1}] * 201, "not_a_grid"),
        (codes.demand_items, [{"vsco2": "61", "quantity": 2**31 - 1}], [{"vsco2": "61", "quantity": 2**31 - 1, "quantity_female": None}],
         [{"vsco2": "61", "quantity": 2**31}], "grid_quantity"),
    ],
)  # fmt: skip
def test_a_value_at_a_limit_is_read_and_one_beyond_is_not(
    read: Callable, at_the_limit: object, value: object, beyond: object, reason: str
) -> None:
    assert (outcome(read, at_the_limit), outcome(read, beyond)) == (value, reason)


@pytest.mark.parametrize(
    ("accepted", "refused"),
    [
        ("0001", "0000"),
        ("9998", "9999"),
        ("2023-12", "2023-13"),
        ("2023-01", "2023-00"),
        ("9999-11", "9999-12"),
        ("9999-12-30", "9999-12-31"),
        ("2024-02-29", "2023-02-29"),
        ("2023-06-30", "2023-06-31"),
        ("2023-06-01", "2023-06-00"),
    ],
)
def test_the_last_period_that_a_calendar_has_is_one_and_the_next_is_not(accepted: str, refused: str) -> None:
    first, end = period_bounds(accepted)
    assert first < end
    check_period(accepted)
    with pytest.raises(ValueError):  # any sentence
        period_bounds(refused)
    with pytest.raises(UsageError):
        check_period(refused)


def test_no_period_means_any() -> None:
    check_period(None)


# ---- files


def nested(depth: int) -> dict[str, object]:
    value: object = 1
    for _ in range(depth - 1):
        value = [value]
    return {"name": value}


def test_a_record_may_be_nested_fifty_deep(tmp_path: Path) -> None:
    assert nesting(nested(50)) == 50
    record = dict.fromkeys((f.name for f in SESSIONS.sent_fields), "x")
    for depth, is_read in ((50, True), (51, False)):
        (tmp_path / "lines").write_text(json.dumps(record | nested(depth)), encoding="utf-8")
        if is_read:
            assert len(parse_delivery(tmp_path / "lines", "application/json", None, None, SESSIONS).row_numbers) == 1
            assert _canonical_line(nested(depth), 1)
            continue
        with pytest.raises(InvalidDeliveryError, match="nested too deep"):
            parse_delivery(tmp_path / "lines", "application/json", None, None, SESSIONS)
        with pytest.raises(DeliveryRefusedError, match="nested too deep"):
            _canonical_line(nested(depth), 1)


def test_a_delivery_may_have_as_many_records_as_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = json.dumps(dict.fromkeys((f.name for f in SESSIONS.sent_fields), "x"))
    monkeypatch.setattr(deliveries, "MAX_RECORDS", 3)
    (tmp_path / "lines").write_text(f"{record}\n" * 3, encoding="utf-8")
    assert parse_delivery(tmp_path / "lines", "application/json", None, None, SESSIONS).row_numbers == [1, 2, 3]
    (tmp_path / "lines").write_text(f"{record}\n" * 4, encoding="utf-8")
    with pytest.raises(InvalidDeliveryError, match="too_large"):
        parse_delivery(tmp_path / "lines", "application/json", None, None, SESSIONS)


def test_the_header_may_be_in_the_sixtieth_row() -> None:
    layout = Layout("x", None, (Column("Mã", "mã", "session_no"), Column("Tên", "tên", "name")))
    rows = [["DANH SÁCH", ""]] * 59 + [["Mã", "Tên"]]
    assert (find_header(rows, layout).complete, find_header(rows, layout).start) == (True, 59)
    assert not find_header([["x", ""], *rows], layout).columns


def test_one_text_or_one_in_twenty_in_an_old_font_is_noted_and_more_are_refused(tmp_path: Path) -> None:
    """The last word of the column is "khai thác" in TCVN3."""
    records = [dict.fromkeys((f.name for f in SESSIONS.sent_fields), None) | {"session_no": str(n), "name": "Phiên"} for n in range(40)]
    records[7]["name"] = records[8]["name"] = "khai th¸c má"

    def parse(some: list[dict[str, str | None]]) -> ParsedDelivery:
        (tmp_path / "lines").write_text("\n".join(map(json.dumps, some)), encoding="utf-8")
        return parse_delivery(tmp_path / "lines", "application/json", None, None, SESSIONS)

    for noted in (records, records[6:8]):
        assert parse(noted).old_font == {"name": {"khai th¸c má"}}
    for refused in (records[1:], records[7:8]):
        with pytest.raises(InvalidDeliveryError, match="text_readable"):
            parse(refused)


@pytest.mark.parametrize("limit", ["MAX_PARTS", "MAX_UNPACKED", "MAX_CELLS"])
def test_a_workbook_may_be_as_large_as_each_limit(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(sheet([["a", "b", "c"], ["d", "e", "f"]]), sheet([["x", "y"]]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
    size = {"MAX_PARTS": len(parts), "MAX_UNPACKED": sum(part.file_size for part in parts), "MAX_CELLS": 3 * 2 + 2}[limit]
    monkeypatch.setattr(workbooks, limit, size)
    assert [s.oversized for s in read_workbook(content).sheets.values()] == [False, False]
    monkeypatch.setattr(workbooks, limit, size - 1)
    if limit == "MAX_CELLS":
        assert [s.oversized for s in read_workbook(content).sheets.values()] == [False, True]
        return
    with pytest.raises(InvalidDeliveryError, match="too_large"):
        read_workbook(content)


def test_a_part_may_be_packed_a_hundred_times_smaller_where_it_is_large() -> None:
    def packed(size: int) -> bytes:
        plain = io.BytesIO(workbook(sheet([["a"]])))
        out = io.BytesIO()
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for entry in source.infolist():
                target.writestr(entry.filename, source.read(entry))
            target.writestr("xl/media/image1.bin", b"\0" * size)
        return out.getvalue()

    assert read_workbook(packed(2**21)).sheets["S1"].rows == [["a"]], "two megabytes may be packed as small as they can"
    with pytest.raises(InvalidDeliveryError, match="too_large"):
        read_workbook(packed(2**21 + 2**20))


def test_merged_cells_may_cover_each_cell_of_a_sheet_once() -> None:
    one = Raw("", "<v>1</v>")
    assert len(read_workbook(workbook(sheet([[one, one], [one, one]], merges=["A1:A2", "B1:B2"]))).sheets["S1"].merges) == 2


def test_the_reader_may_use_more_for_a_larger_delivery() -> None:
    limits = Limits(memory=100, memory_per_byte=16, seconds=60.0, seconds_per_megabyte=2.0)
    assert (limits.memory_for(0), limits.memory_for(10)) == (100, 260)
    assert (limits.seconds_for(0), limits.seconds_for(3 * 2**20)) == (60.0, 66.0)
    assert Limits() == Limits(memory=3 * 2**30)


# ---- announcements


def announced(**changes: object) -> dict[str, object]:
    return {
        "delivery_id": "1", "feed": "employers", "sender_code": "803", "period": "2023-06", "sequence": 1, "status": "final",
        "media_type": "text/csv", "record_count": 1, "size_bytes": 1, "sha256": "0" * 64, "created_at": "2023-06-14T08:00:00+07:00",
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("member", "accepted", "refused"),
    [
        ("delivery_id", "x" * 200, "x" * 201),
        ("delivery_id", "x", ""),
        ("delivery_id", "...", ".."),
        ("delivery_id", "..x", "."),
        ("feed", "a" * 41, "a" * 42),
        ("sender_code", "x" * 40, "x" * 41),
        ("sender_code", "x", ""),
        ("sequence", 1, 0),
        ("sequence", 2**31 - 1, 2**31),
        ("sequence", 2, "2"),
        ("supersedes", "x" * 200, "x" * 201),
        ("form_version", "x" * 80, "x" * 81),
        ("media_type", "x" * 120, "x" * 121),
        ("media_type", "x", ""),
        ("encoding", "x" * 40, "x" * 41),
        ("record_count", 0, -1),
        ("record_count", 2**31 - 1, 2**31),
        ("record_count", 1, 1.0),
        ("size_bytes", 0, -1),
        ("size_bytes", 2**53 - 1, 2**53),
        ("sha256", "A" * 64, "A" * 63),
        ("sha256", "f" * 64, "g" * 64),
        ("declared_totals", {"x" * 80: 1}, {"x" * 81: 1}),
        ("declared_totals", {"x": "y" * 200}, {"x": "y" * 201}),
        ("declared_totals", {"x": 2**63 - 1}, {"x": 2**63}),
        ("declared_totals", {"x": -(2**63) + 1}, {"x": -(2**63)}),
        ("declared_totals", {str(n): n for n in range(100)}, {str(n): n for n in range(101)}),
        ("declared_totals", {"x": "a"}, {"x": "a\x00"}),
        ("declared_totals", {"x": "a"}, {"x": "\ud800"}),
        ("declared_totals", {"x": 1}, {"x": True}),
        ("declared_totals", {"x": 0.5}, {"x": float("inf")}),
        ("declared_totals", {"x": None}, {"x": [1]}),
        ("sender_code", "Đ", "\ud800"),
        ("media_type", "a b", "a\u200bb"),
        ("declared_totals", None, []),
        ("created_at", "2000-01-01T00:00:00+00:00", "1999-12-31T23:59:59+00:00"),
        ("created_at", "2199-12-31T23:59:59+00:00", "2200-01-01T00:00:00+00:00"),
        ("created_at", "2023-06-14T08:00:00Z", "2023-06-14T08:00:00"),
        ("period", "2023-06-30", "2023-06-31"),
        ("period", "2023", "2023\n"),
    ],
)
def test_an_announcement_at_a_limit_is_a_delivery_and_one_beyond_is_a_defect(member: str, accepted: object, refused: object) -> None:
    assert isinstance(read_announcement(announced(**{member: accepted}), "803", "employers"), Delivery)
    defect = read_announcement(announced(**{member: refused}), "803", "employers")
    assert isinstance(defect, AnnouncementDefect)
    assert defect.detail.endswith(f"with unreadable {member}")


def test_an_id_of_a_defect_is_named_when_it_is_short_and_printable() -> None:
    for named, is_named in (("x" * 80, True), ("x" * 81, False), ("x\n", False)):
        defect = read_announcement(announced(delivery_id=named, sequence=0), "803", "employers")
        assert isinstance(defect, AnnouncementDefect)
        assert (defect.delivery_id == named, named in defect.detail) == (is_named, is_named)


# ---- sentences


def test_ten_ranges_of_rows_and_twelve_columns_are_named() -> None:
    rows = [*range(2, 22, 2)]
    assert wrong_count(1, 2, {"blank_rows": rows}, [], []).details["rows"] == "; not counted, blank: 2, 4, 6, 8, 10, 12, 14, 16, 18, 20"
    assert wrong_count(1, 2, {"blank_rows": [*rows, 30]}, [], []).details["rows"].endswith("18, 20, ...")
    assert wrong_count(1, 2, {}, [4, 5, 6, 9], [7]).details["rows"] == "; hidden rows: 4-6, 9; rows without a key: 7"
    names = [f"số {n}" for n in range(13)]
    assert header_mismatch(names[:12], []).details == {"missing": ", ".join(names[:12]), "unexpected": "-"}
    assert header_mismatch([], names).details == {"missing": "-", "unexpected": ", ".join(names[:12]) + " (+1)"}
