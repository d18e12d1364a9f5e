"""Errors of deliveries: each has all details of its rule, in both languages, and none has the name or number of a person."""

from string import Formatter

import pytest
from hypothesis import given
from labour_market.batches.delivery_errors import (
    DETAILS,
    InvalidDeliveryError,
    header_mismatch,
    invalid_shape,
    legacy_encoding_found,
    printable_name,
    reader_died,
    several_tables,
    too_large,
    wrong_count,
)
from labour_market.contracts import contract_feeds, load_contract
from labour_market.quality.messages import localise_value
from odd_values import TEXTS

# the totals of the forms, as the simulator and the printed reports have them, and their names there
TOTALS = {
    "allocated_vnd": "số vốn giao", "attendees": "số lượt tham dự", "disbursed_vnd": "số giải ngân", "employers": "số đơn vị",
    "households": "số hộ", "interviews": "số lượt phỏng vấn", "lost": "số mất việc", "not_reached": "số không liên lạc được",
    "orders": "số phiếu tuyển", "persons": "số người", "placements": "số lượt bắt đầu làm việc", "planned_hires": "số dự kiến tuyển",
    "records": "số bản ghi", "sessions": "số phiên", "started": "số bắt đầu làm việc", "units": "số đơn vị", "visits": "số lượt tham dự",
}  # fmt: skip


@pytest.mark.parametrize(("total", "name"), TOTALS.items())
def test_each_total_of_the_forms_has_its_vietnamese_name_and_is_printed(total: str, name: str) -> None:
    assert localise_value(load_contract("budget_movements"), "", f"{total}: 5") == f"{name}: 5"
    assert printable_name(total) == total


@pytest.mark.parametrize("feed", contract_feeds())
def test_a_message_uses_no_detail_that_its_rule_does_not_have(feed: str) -> None:
    for name, details in DETAILS.items():
        rule = load_contract(feed).rule(f"file.{name}")
        used = {field for text in (rule.message_vi, rule.message_en, rule.remedy_vi) for _, field, _, _ in Formatter().parse(text) if field}
        assert used <= details, name


def test_an_error_without_a_detail_of_its_rule_or_with_another_one_is_none() -> None:
    for details in ({}, {"row": 1, "problem": "x"}, {"row": 1, "problem": "x", "problem_vi": "x", "more": 1}):
        with pytest.raises(ValueError, match="details of shape"):
            InvalidDeliveryError("shape", details)
    assert str(invalid_shape(3, "blank", "trống")) == "shape: row=3, problem=blank, problem_vi=trống"


def test_each_maker_says_what_was_found() -> None:
    assert too_large("cells", "số ô", 9).details == {"quantity": "cells", "quantity_vi": "số ô", "limit": 9}
    tables = several_tables({"Biểu 1": False, "Biểu 2": True})
    assert tables.details == {"sheets": "“Biểu 1”, “Biểu 2” (hidden)", "sheets_vi": "“Biểu 1”, “Biểu 2” (đang ẩn)"}
    found = legacy_encoding_found(["vni", "tcvn3", "tcvn3"], 8, "name", "Tên")
    assert found.details == {"share_pct": 38, "legacy": "tcvn3", "column": "name", "column_vi": "Tên"}
    causes = {cause: reader_died(cause).details["cause_vi"] for cause in ("crash", "memory", "time")}
    assert causes == {"crash": "tệp làm hỏng chương trình đọc", "memory": "tệp cần quá nhiều bộ nhớ", "time": "đọc tệp quá lâu"}
    assert header_mismatch(["Mã"], []).details == {"missing": "Mã", "unexpected": "-"}


def test_a_wrong_count_names_the_rows_of_each_kind_in_both_languages() -> None:
    skipped = {
        "repeated_headers": [1], "numbering_rows": [2], "subtotal_rows": [3], "signature_rows": [4], "blank_rows": [5], "title_rows": [6],
    }  # fmt: skip
    details = wrong_count(9, 3, skipped, [7], [8, 9]).details
    assert details["rows"] == (
        "; hidden rows: 7; rows without a key: 8-9; not counted, a repeated header: 1; not counted, numbers of columns: 2;"
        " not counted, headings of groups and totals: 3; not counted, signatures: 4; not counted, blank: 5"
    )
    assert details["rows_vi"] == (
        "; dòng đang ẩn: 7; dòng không có mã: 8-9; không tính (tiêu đề lặp lại): 1; không tính (đánh số cột): 2;"
        " không tính (tên nhóm, dòng cộng): 3; không tính (chữ ký): 4; không tính (dòng trống): 5"
    )
    assert (details["declared"], details["found"]) == (9, 3)
    assert wrong_count(1, 2, {}, [], []).details["rows"] == ""


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Mã xã", "Mã xã"),
        ("803-employers-1", "803-employers-1"),
        ("employers 12345", "employers 12345"),
        ("employers 123456", "employers …"),
        ("Tô Lan", "Aa Aaa"),
        ("Mã Nguyễn", "Aa Aaaaaa"),
        ("Lê 0901", "Aa 9999"),
        ("xyzzy 0901", "aaaaa 9999"),
        ("Mã Zyx", "Aa Aaa"),
        ("Mã Zy", "Mã Zy"),
        ("ab", "ab"),
        ("mã\nxã\x00", "mã xã "),
        ("", ""),
        ("x" * 90, "a" * 80),
    ],
)
def test_a_name_is_printed_when_its_words_are_those_of_the_forms(typed: str, printed: str) -> None:
    assert printable_name(typed) == printed


@given(TEXTS)
def test_any_text_can_be_printed_in_one_line_without_a_long_number(typed: str) -> None:
    printed = printable_name(typed)
    assert printed.isprintable() and len(printed) <= 80
    assert not [run for run in "".join(c if c.isdigit() else " " for c in printed).split() if len(run) > 5 and set(run) != {"9"}]
