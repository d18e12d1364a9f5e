"""Errors of a delivery as a file, named by the rule that it violates.

The contract of a feed has a message for each rule (`<feed>.file.<rule>`), which may use the details by name. No detail contains a value
of a record.
"""

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

from labour_market.batches.totals import TOTALS_VI
from labour_market.contracts import load_contracts
from labour_market.errors import LabourMarketError
from labour_market.settings import LAYOUTS_DIR

FileRule = Literal[
    "form_version_known", "file_kind", "not_empty", "too_large", "encoding_readable", "text_readable", "header_recognised", "one_table",
    "shape", "record_count", "size_bytes", "sha256", "sender", "period", "announcement", "reader_died", "refused",
]  # fmt: skip

# The details of each rule, for the messages of contracts.
DETAILS: dict[FileRule, set[str]] = {
    "form_version_known": {"form_version"},  # there is no layout for it
    "file_kind": {"declared", "found", "found_vi"},  # another kind of file: .xls, password, macros, HTML page, PDF, damaged
    "not_empty": {"found_vi"},  # no bytes, or no table
    "too_large": {"quantity", "quantity_vi", "limit"},  # over a limit for deliveries of this kind, such as a zip bomb
    "encoding_readable": {"encoding", "row"},  # bytes that are not text in the declared encoding
    "text_readable": {"share_pct", "legacy", "column", "column_vi"},  # text in an old font encoding (TCVN3, VNI) or broken (mojibake, ?)
    "header_recognised": {"missing", "unexpected"},  # columns of the form version that are missing, columns that are not in it
    "shape": {"row", "problem", "problem_vi"},  # an unbalanced quote, another number of columns, a line that is not a record
    "one_table": {"sheets", "sheets_vi"},  # several sheets with the table of the form
    "record_count": {"declared", "found", "rows", "rows_vi"},  # another number of records than announced; the rows to look at
    "size_bytes": {"declared", "found"},  # another number of bytes than announced
    "sha256": {"declared", "found"},  # other bytes than announced
    "sender": {"announced", "gateway"},  # announced with the code of another sender
    "announcement": {"changes"},  # announced again with another content before it was fetched: the names of what changed
    "period": {"period"},  # a period that cannot be read
    "reader_died": {"cause", "cause_vi"},  # the process that read it crashed, or used too much memory or time, twice
    "refused": {"because"},  # a person of the data office does not want it loaded
}


class InvalidDeliveryError(LabourMarketError):
    """A delivery that cannot be read. details: those of the rule in DETAILS."""

    def __init__(self, rule_name: FileRule, details: dict[str, Any]) -> None:
        if details.keys() != DETAILS[rule_name]:
            raise ValueError(f"details of {rule_name}: {sorted(details)}")
        super().__init__(f"{rule_name}: " + ", ".join(f"{name}={value}" for name, value in details.items()))
        self.rule_name = rule_name
        self.details = details


class DeliveryRefusedError(InvalidDeliveryError):
    """A delivery whose bytes differ from the announcement, also when they are fetched again; it was not landed."""


def invalid_shape(row: int, problem: str, problem_vi: str) -> InvalidDeliveryError:
    """A row that is not a record; problem and problem_vi: why, in English and Vietnamese.

    Args:
        row: Number of the row.
        problem: Why it is no record, in English.
        problem_vi: The same in Vietnamese.
    """
    return InvalidDeliveryError("shape", {"row": row, "problem": problem, "problem_vi": problem_vi})


def too_large(quantity: str, quantity_vi: str, limit: int) -> InvalidDeliveryError:
    """A delivery over a limit of some quantity, named in English and Vietnamese.

    Args:
        quantity: What there is too much of, in English.
        quantity_vi: The same in Vietnamese.
        limit: How much is allowed.
    """
    return InvalidDeliveryError("too_large", {"quantity": quantity, "quantity_vi": quantity_vi, "limit": limit})


def several_tables(sheets: Mapping[str, bool]) -> InvalidDeliveryError:
    """More than one sheet with the table of the form. sheets: their names, and whether each is hidden."""

    def named(hidden_mark: str) -> str:
        return ", ".join(f"“{printable_name(name)}”{hidden_mark if hidden else ''}" for name, hidden in sheets.items())

    return InvalidDeliveryError("one_table", {"sheets": named(" (hidden)"), "sheets_vi": named(" (đang ẩn)")})


_SKIPPED = {
    "repeated_headers": ("a repeated header", "tiêu đề lặp lại"),
    "numbering_rows": ("numbers of columns", "đánh số cột"),
    "subtotal_rows": ("headings of groups and totals", "tên nhóm, dòng cộng"),
    "signature_rows": ("signatures", "chữ ký"),
    "blank_rows": ("blank", "dòng trống"),
}


def wrong_count(
    declared: int, found: int, skipped: Mapping[str, Sequence[int]], hidden: Sequence[int], without_key: Sequence[int]
) -> InvalidDeliveryError:
    """Another number of records than announced, with the rows that may explain it.

    Args:
        declared: The announced number.
        found: The number of records that were read.
        skipped: The rows that were not counted, by kind.
        hidden: The records in hidden rows.
        without_key: The records without a key.
    """
    causes = [("hidden rows", "dòng đang ẩn", hidden), ("rows without a key", "dòng không có mã", without_key)]
    causes += [(f"not counted, {en}", f"không tính ({vi})", skipped.get(kind, ())) for kind, (en, vi) in _SKIPPED.items()]
    rows = "".join(f"; {en}: {_rows(numbers)}" for en, _, numbers in causes if numbers)
    rows_vi = "".join(f"; {vi}: {_rows(numbers)}" for _, vi, numbers in causes if numbers)
    return InvalidDeliveryError("record_count", {"declared": declared, "found": found, "rows": rows, "rows_vi": rows_vi})


def _rows(numbers: Sequence[int]) -> str:
    """Numbers of rows, at most ten ranges of them: 4, 7, 12-14."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    named = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges[:10])
    return named + (", ..." if len(ranges) > 10 else "")


def header_mismatch(missing: Sequence[str], unexpected: Sequence[str]) -> InvalidDeliveryError:
    """Columns of the form that are missing, and columns that are not in the form; at most twelve of each are named.

    Args:
        missing: Their names, of a layout or a contract.
        unexpected: Their names, which the sender wrote.
    """

    def joined(names: Sequence[str]) -> str:
        more = f" (+{len(names) - 12})" if len(names) > 12 else ""
        return (", ".join(names[:12]) + more) or "-"

    return InvalidDeliveryError("header_recognised", {"missing": joined(missing), "unexpected": joined([*map(printable_name, unexpected)])})


def legacy_encoding_found(broken: Sequence[str], cells: int, column: str, column_vi: str) -> InvalidDeliveryError:
    """Text in an old or broken encoding.

    Args:
        broken: The encoding of each broken cell (normalise.text.legacy_encoding).
        cells: The number of cells with text.
        column: The column.
        column_vi: Its label on the form.
    """
    legacy = Counter(broken).most_common(1)[0][0]
    return InvalidDeliveryError(
        "text_readable", {"share_pct": round(100 * len(broken) / cells), "legacy": legacy, "column": column, "column_vi": column_vi}
    )


_CAUSES_VI = {"crash": "tệp làm hỏng chương trình đọc", "memory": "tệp cần quá nhiều bộ nhớ", "time": "đọc tệp quá lâu"}


def reader_died(cause: str) -> InvalidDeliveryError:
    """A delivery that ended the process that read it, abnormally: crash, memory or time."""
    return InvalidDeliveryError("reader_died", {"cause": cause, "cause_vi": _CAUSES_VI[cause]})


# the most frequent family names of the country; some of them are words of the forms too
_FAMILY_NAMES = (
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh đoàn lâm trịnh cao tạ tô châu lương"
    " nguyen tran le pham hoang huynh phan vu vo dang bui do ngo duong ly dinh doan lam trinh ta to chau luong"
)
_FILE_WORDS = (
    "sheet trang tính bảng biểu danh sách phụ lục nháp ghi chú thêm cột dòng tổng cộng số hơn trên từ ít nhất gần dưới tối đa không quá"
    " khoảng ước chừng nghìn ngàn triệu tỷ tỉ đồng người lượt hộ phiên doanh nghiệp ý kiến điện thoại email mail application csv json"
    " text xlsx html pdf utf windows iso ascii latin cp bom sig be tt stt sc dolisa"
)


def printable_name(name: str) -> str:
    """What a sender wrote for a column, a sheet or an id, made fit for a message: short, without long numbers and names of persons.

    Returns:
        The text, if it is a text of the forms, or each word of it is a word of the forms and none is a family name; else its pattern:
        "Aaaaaa Aaa 9999".
    """
    text = "".join(c if c.isprintable() else " " for c in name)[:80]
    if text.casefold() in _form_texts():
        return text
    words = {word.casefold() for word in _WORD.findall(text)}
    unknown = {word for word in words - _form_words() if len(word) > 2}  # two letters are an abbreviation
    if unknown or words & set(_FAMILY_NAMES.split()):
        return _LETTER.sub(lambda letter: "A" if letter[0].isupper() else "a", re.sub(r"\d", "9", text))
    return re.sub(r"\d{6,}", "…", text)


_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")


@cache
def _form_words() -> frozenset[str]:
    """The words of the texts of the forms."""
    return frozenset(word for text in _form_texts() for word in _WORD.findall(text))


@cache
def _form_texts() -> frozenset[str]:
    """The texts of the forms: names, labels and codes of the fields of every contract, totals, headers and sheets of every layout."""
    texts = [_FILE_WORDS, *TOTALS_VI, *TOTALS_VI.values()]
    for feed, contract in load_contracts().items():
        texts += [feed, contract.title_vi]
        for field in contract.fields:
            texts += [field.name, field.label_vi, *field.code_labels, *field.code_labels.values()]
    for path in LAYOUTS_DIR.glob("*/*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            texts += [path.stem, *(text for row in csv.reader(file) for text in row[:2])]
    return frozenset(map(str.casefold, texts))
