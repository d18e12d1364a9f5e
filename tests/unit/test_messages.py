"""The sentences for a clerk about a blocked batch and about a row."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from labour_market.batches.delivery_errors import header_mismatch, wrong_count
from labour_market.contracts import Rule, load_contract, load_contracts
from labour_market.normalise.text import Reason
from labour_market.quality.messages import _inside_sentence, block_reason, explain, localise_value
from labour_market.settings import LAYOUTS_DIR

SURVEY = load_contract("labour_survey")


def sentences_of(rule: Rule, delivery_id: str, details: Mapping[str, Any]) -> tuple[str, str, str]:
    reason = block_reason(rule, delivery_id, details)
    assert reason.reason_rule == rule.id
    return reason.reason_vi, reason.reason_en, reason.remedy_vi


def test_a_rejected_file_is_one_sentence_that_names_the_delivery_and_the_error():
    sentences = sentences_of(SURVEY.rule("file.record_count"), "LS-2022-1", {"declared": 120, "found": 118, "rows": "", "rows_vi": ""})
    assert sentences == (
        "Lần gửi LS-2022-1: số bản ghi đã báo là 120 nhưng nhận được 118.",
        "Delivery LS-2022-1: 120 records were announced and 118 were received.",
        "Kiểm tra các dòng đã nêu (nếu có) và số bản ghi, xuất lại dữ liệu rồi gửi bằng một lần gửi mới.",
    )


def test_the_sentence_on_a_wrong_count_names_the_rows_that_may_explain_it():
    skipped = {"title_rows": [1, 2], "subtotal_rows": [5, 9, 10, 11], "signature_rows": [20]}
    defect = wrong_count(6, 8, skipped, hidden=[7, 8], without_key=[12])
    vi, en, _ = sentences_of(SURVEY.rule("file.record_count"), "LS-2022-1", defect.details)
    assert vi == (
        "Lần gửi LS-2022-1: số bản ghi đã báo là 6 nhưng nhận được 8; dòng đang ẩn: 7-8; dòng không có mã: 12;"
        " không tính (tên nhóm, dòng cộng): 5, 9-11; không tính (chữ ký): 20."
    )
    assert en == (
        "Delivery LS-2022-1: 6 records were announced and 8 were received; hidden rows: 7-8; rows without a key: 12;"
        " not counted, headings of groups and totals: 5, 9-11; not counted, signatures: 20."
    )


def test_a_sentence_names_ten_ranges_of_rows_at_most():
    defect = wrong_count(1, 2, {"blank_rows": list(range(1, 100, 2))}, [], [])
    assert defect.details["rows_vi"].endswith(": 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, ...")


def test_text_of_a_sender_is_shown_unchanged_and_never_used_as_a_template():
    vi, en, _ = sentences_of(SURVEY.rule("file.header_recognised"), "{S}", {"missing": "{column}", "unexpected": "-"})
    assert vi == "Lần gửi {S}: thiếu cột của mẫu biểu: {column}; có cột lạ: -."
    assert "{column}" in en


def test_a_detail_that_is_missing_is_a_dash_and_not_an_error():
    vi, _, _ = sentences_of(SURVEY.rule("file.shape"), "D", {})
    assert vi == "Lần gửi D: dòng -: -."


def test_a_sentence_about_a_row_has_the_label_of_the_column_and_the_reason_in_vietnamese():
    vi, en = explain(SURVEY, "labour_survey.row.value_readable", 7, "surveyed_on", "impossible")
    assert vi == (
        "Dòng 7: cột “Ngày thu thập” có giá trị không đọc được (ngày không có thật). Sửa giá trị của cột này ở dòng đã nêu rồi gửi lại."
    )
    assert en == "Row 7: the value of surveyed_on cannot be read (impossible)."


def test_a_vietnamese_sentence_names_codes_and_totals_by_their_vietnamese_names():
    budget = load_contract("budget_movements")
    observed = "2022 recurrent: 0 ≠ 9626000"
    details = {"value_pattern": observed, "details": observed, "value_pattern_vi": localise_value(budget, "", observed)}
    vi, en, _ = sentences_of(budget.rule("budget_movements.reconciliation.transfers_pair"), "D", details)
    assert vi == "Lần gửi D: tổng điều chuyển đi khác tổng điều chuyển đến (2022 vốn sự nghiệp: 0 ≠ 9626000)."
    assert "(2022 recurrent: 0 ≠ 9626000)" in en
    assert (
        "ở trạng thái đã phê duyệt khi"
        in explain(load_contract("programme_plans"), "programme_plans.cross_batch.submitted_first", 1, "plan_status", "approved")[0]
    )
    assert localise_value(SURVEY, "commune_code", "aaa 99") == "aaa 99", "the pattern of a value is not translated"


def test_every_total_that_may_be_typed_has_a_vietnamese_name():
    for contract in load_contracts().values():
        for rule in contract.rules:
            for name in rule.arguments.get("totals", ()):
                assert localise_value(contract, "", f"{name}: 1").isascii() is False, f"{contract.feed}: {name}"


def test_a_row_of_a_rule_that_was_removed_is_still_explained():
    vi, en = explain(SURVEY, "labour_survey.row.gone", 3, "sex", "a")
    assert "labour_survey.row.gone" in vi
    assert en.startswith("Row 3")


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_why_a_value_is_unreadable_has_its_vietnamese_words(reason: str):
    for column in ("surveyed_on", ""):
        words = localise_value(SURVEY, column, reason)
        assert words != reason and "_" not in words


def test_five_rows_are_named_and_a_sixth_is_hinted_at():
    rule = SURVEY.rule("row.jump_rules")
    for count, named in ((5, "(dòng 1, 2, 3, 4, 5)"), (6, "(dòng 1, 2, 3, 4, 5...)"), (1, "(dòng 1)")):
        details = {"count": count, "total": 8, "rows": list(range(1, count + 1)), "column": "inactive_reason", "column_vi": "Lý do"}
        vi, en, _ = sentences_of(rule, "D", details)
        assert named in vi and named.replace("dòng", "rows") in en
        assert f"{count} trên 8 dòng" in vi and "“Lý do”" in vi and "inactive_reason" in en
    assert "(12,5%)" in vi and "(12.5%)" in en
    for details in ({"count": 3, "total": 8}, {"rows": [1], "count": 1}, {"rows": [], "total": 8, "count": 0}):
        assert "trên" not in sentences_of(rule, "D", details)[0].replace("trên phiếu", "")


def test_a_column_without_a_label_is_named_and_one_that_is_unknown_too():
    rule = SURVEY.rule("row.jump_rules")
    assert "“age”" in sentences_of(rule, "D", {"column": "age"})[0]
    assert "“-”" in sentences_of(rule, "D", {})[0]
    assert "“age”" in explain(SURVEY, rule.id, 1, "age", "x")[0]


def test_a_code_inside_a_sentence_has_no_capital_unless_it_is_an_acronym():
    field = next(f for f in SURVEY.fields if f.code_labels)
    code, label = next((c, name) for c, name in field.code_labels.items() if name[1:2].islower() and re.fullmatch("[a-z][a-z0-9_]+", c))
    assert localise_value(SURVEY, field.name, f"x: {code}") == f"x: {label[0].lower()}{label[1:]}"
    other = next(f for f in SURVEY.fields if not f.code_labels)
    assert localise_value(SURVEY, other.name, code) == code, "a code of another column"
    assert _inside_sentence("CCCD") == "CCCD" and _inside_sentence("Số") == "số" and _inside_sentence("") == ""


@pytest.mark.parametrize("layout", sorted(LAYOUTS_DIR.glob("*/*.csv")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_column_of_a_form_is_named_as_the_form_names_it(layout: Path):
    """Lý do đóng (reason of the closing) has a family name in it, and is the name of no person."""
    with layout.open(encoding="utf-8-sig", newline="") as file:
        headers = [row["header"] for row in csv.DictReader(file)]
    for header in headers:
        assert header_mismatch([header], [header.casefold()[:80]]).details == {"missing": header, "unexpected": header.casefold()[:80]}


def test_a_column_that_is_named_after_a_person_is_not_named():
    assert header_mismatch([], ["Lý Văn Đạt", "Trần Thị Lan 0901234567"]).details["unexpected"] == "Aa Aaa Aaa, Aaaa Aaa Aaa 9999999999"
