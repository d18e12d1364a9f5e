"""Sentences for a clerk: why a batch was blocked, what is wrong with a row, and what to do; in Vietnamese and English."""

import re
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from labour_market.batches.delivery_errors import printable_name
from labour_market.batches.ledger import BlockReason
from labour_market.batches.totals import TOTALS_VI
from labour_market.contracts import Contract, Rule, load_contract
from labour_market.database import read_sql

ROWS_NAMED = 5
# why a value could not be read: the reason that the normalisers give, and its text for a clerk
REASONS_VI = {
    "ambiguous": "có hai cách hiểu",
    "check_digit": "sai chữ số kiểm tra",
    "digits_lost": "mất chữ số, ví dụ 1,2E+11",
    "epoch_unknown": "số ngày gõ dạng chữ trong tệp tính từ năm 1904",
    "formula_error": "ô công thức bị lỗi",
    "grid_code": "mã nghề không phải hai chữ số",
    "grid_quantity": "số lượng không phải số nguyên",
    "grid_repeats": "một mã nghề ghi hai lần",
    "impossible": "ngày không có thật",
    "merged": "ô gộp, không rõ giá trị là của dòng hay cột nào",
    "month_only": "chỉ có tháng và năm",
    "not_a_code": "không phải mã",
    "not_a_date": "không phải ngày",
    "not_a_grid": "không phải bảng nhu cầu",
    "not_a_number": "không phải số",
    "not_a_phone": "không phải số điện thoại",
    "not_a_time": "không phải thời điểm",
    "not_an_email": "không phải địa chỉ email",
    "not_in_list": "không có trong danh mục",
    "not_text": "không phải chữ",
    "not_unicode": "không phải chữ Unicode",
    "not_whole": "không phải số nguyên",
    "not_yes_or_no": "không phải có/không",
    "other_currency": "không phải tiền đồng",
    "out_of_range": "ngoài khoảng cho phép",
    "placeholder": "số giả",
    "range": "là một khoảng, không phải một số",
    "repeated_member": "một trường ghi hai lần trong một bản ghi",
    "several": "nhiều giá trị trong một ô",
    "ten_digits": "10 chữ số: thiếu hai chữ số, hoặc là mã số thuế",
    "too_large": "số quá lớn",
    "too_long": "quá dài",
    "two_digit_year": "năm chỉ có hai chữ số",
    "unit_unknown": "không rõ đơn vị",
    "wrong_length": "sai độ dài",
    "year_only": "chỉ có năm",
}


class _DashWhereMissing(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "-"


def _fill_in(template: str, details: Mapping[str, Any]) -> str:
    return template.format_map(_DashWhereMissing(details))


def not_fetched_sentence(batch_id: int, sender: str, period: str, nights: int, reason: str) -> str:
    """What to do about a delivery that could not be fetched for several nights, in Vietnamese and English.

    Args:
        batch_id: The batch.
        sender: The code of its sender.
        period: Its period.
        nights: In how many nights it was tried.
        reason: Why the last try failed.
    """
    return (
        f"Lô {batch_id} của đơn vị {sender}, kỳ {period}: đã {nights} đêm không tải được ({reason}). Đề nghị đơn vị gửi mở lại đường tải"
        " của lần gửi này trên cổng dữ liệu; nếu không còn tệp gốc thì gửi lại với mã lần gửi mới và rút thông báo cũ."
        f" | Batch {batch_id} of sender {sender}, period {period}: it could not be fetched in {nights} nights ({reason}). Request the"
        " sender to repair the download of this delivery at the gateway; without the file, to send it under a new delivery id and to"
        " withdraw the old announcement."
    )


def localise_value(contract: Contract, column: str, observed: str) -> str:
    """Translate what an audit observed into Vietnamese.

    Args:
        contract: Of the feed.
        column: The column in which it was observed; "" for a batch.
        observed: Why a value could not be read, or text that may contain codes of the form and names of totals.

    Returns:
        The reason in Vietnamese, or the text with labels in place of codes and names.
    """
    if observed in REASONS_VI:
        return REASONS_VI[observed]
    if column:
        labels = next((f.code_labels for f in contract.fields if f.name == column), {})
    else:
        labels = TOTALS_VI | {f.name: f.label_vi for f in contract.fields}
        labels |= {code: label for f in contract.fields for code, label in f.code_labels.items()}
    return re.sub(r"[a-z][a-z0-9_]+", lambda word: _inside_sentence(labels[word[0]]) if word[0] in labels else word[0], observed)


def _inside_sentence(label: str) -> str:
    """A label as it is written inside a sentence: without its capital, unless it is an acronym."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def block_reason(rule: Rule, delivery_id: str, details: Mapping[str, Any]) -> BlockReason:
    """Say why a rule blocks or rejects a batch.

    Args:
        rule: The rule.
        delivery_id: The delivery of the batch.
        details: What the reader of a file found, by name; or of an audit: count (of rows in breach), total (of rows), rows
            (numbers of the first ones), column, column_vi (its label), value_pattern (the pattern of a value), value_pattern_vi
            (localise_value of it), details.

    Returns:
        The rule, a sentence in Vietnamese, the same in English, and the remedy in Vietnamese.
    """
    count, total, rows = details.get("count"), details.get("total"), details.get("rows") or []
    share = count / total if count and total else 0.0
    value_vi = details.get("value_pattern_vi", "-")
    details_vi = {**details, "share": _percent(share, ","), "column": _label(details), "value_pattern": value_vi, "details": value_vi}
    vi = _fill_in(rule.message_vi, details_vi)
    en = _fill_in(rule.message_en, {**details, "share": _percent(share, ".")})
    if rows and total:
        named = ", ".join(map(str, rows[:ROWS_NAMED]))
        more = "..." if (count or 0) > ROWS_NAMED else ""
        vi = f"{count} trên {total} dòng ({_percent(share, ',')}) bị lỗi: {vi} (dòng {named}{more})"
        en = f"{count} of {total} rows ({_percent(share, '.')}) break a rule: {en} (rows {named}{more})"
    named = printable_name(delivery_id)  # a sender may write anything into an id
    return BlockReason(rule.id, f"Lần gửi {named}: {vi}.", f"Delivery {named}: {en}.", _fill_in(rule.remedy_vi, details))


def _label(details: Mapping[str, Any]) -> Any:
    return details.get("column_vi") or details.get("column") or "-"


def _percent(share: float, point: str) -> str:
    return f"{100 * share:.1f}%".replace(".", point)


def explain(contract: Contract, rule_id: str, row_no: int, column: str, value_pattern: str) -> tuple[str, str]:
    """Say what is wrong with one row and what to do.

    Args:
        contract: Of the feed.
        rule_id: The rule that the row breaks; one that is no longer in the contract is only named.
        row_no: The row of the delivery.
        column: The column of the value; "" where the rule is about the row.
        value_pattern: The pattern of the value, or why it could not be read.

    Returns:
        The sentences in Vietnamese, with the remedy, and a sentence in English.
    """
    try:
        rule = contract.rule(rule_id)
    except KeyError:
        return f"Dòng {row_no}: quy tắc {rule_id} không còn áp dụng.", f"Row {row_no}: the rule {rule_id} is no longer in force."
    label = next((f.label_vi for f in contract.fields if f.name == column), column)
    details = {"row": row_no, "value_pattern": value_pattern, "details": value_pattern}
    value_vi = localise_value(contract, column, value_pattern)
    vi = _fill_in(rule.message_vi, {**details, "column": label, "value_pattern": value_vi, "details": value_vi})
    en = _fill_in(rule.message_en, {**details, "column": column})
    return f"Dòng {row_no}: {vi}. {rule.remedy_vi}", f"Row {row_no}: {en}."


def rejected_rows(connection: psycopg.Connection, batch_id: int) -> list[dict[str, Any]]:
    """The quarantined rows of a batch: row_no, rule_id, action, column_name, value_pattern, status, sentence_vi and sentence_en of each."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "select feed, row_no, rule_id, action, column_name, value_pattern, status from quarantine.rejected_row"
            " where batch_id = %s order by row_no, rule_id, column_name",
            [batch_id],
        ).fetchall()
    for row in rows:
        contract = load_contract(row.pop("feed"))
        row["sentence_vi"], row["sentence_en"] = explain(contract, row["rule_id"], row["row_no"], row["column_name"], row["value_pattern"])
    return rows


def rule_findings(connection: psycopg.Connection, batch_id: int) -> list[dict[str, Any]]:
    """What the last audit of a batch found, worst first: rule_id, verdict, checked, failed, first_rows, fixed_by, remedy_vi of each."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(read_sql(__package__, "findings_of_last_audit"), {"batch_id": batch_id}).fetchall()
    for row in rows:
        rule = load_contract(row.pop("feed")).rule(row["rule_id"])
        row |= {"fixed_by": rule.fixed_by, "remedy_vi": rule.remedy_vi}
    return rows
