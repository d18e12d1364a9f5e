import json
import unicodedata
from contextlib import suppress
from datetime import date
from pathlib import Path
from random import Random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from labour_market.batches.delivery_errors import InvalidDeliveryError
from labour_market.batches.formats import MAX_DEPTH, nesting
from labour_market.contracts import load_contract
from labour_market.normalise import normalise_columns
from labour_market.normalise.records import ParsedDelivery
from labour_market.quality.messages import block_reason
from labour_market.reading import workbooks
from labour_market.reading.deliveries import parse_delivery

FIXTURES = Path(__file__).parents[1] / "fixtures"
JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SESSIONS = load_contract("fair_sessions")


def read(name: str, encoding: str | None = None) -> ParsedDelivery:
    media, form = (XLSX, "TT01-2022/xlsx-a") if name.endswith("xlsx") else (CSV, "TT01-2022/csv-a")
    return parse_delivery(FIXTURES / name, media, encoding, form, SESSIONS)


def refused(name: str, encoding: str | None = None) -> InvalidDeliveryError:
    with pytest.raises(InvalidDeliveryError) as caught:
        read(name, encoding)
    return worded(caught.value)


def worded(defect: InvalidDeliveryError) -> InvalidDeliveryError:
    """The defect, once it is sure that the contract has a complete sentence for it in both languages."""
    sentences = vars(block_reason(SESSIONS.rule(f"file.{defect.rule_name}"), "803-fair_sessions-1", defect.details)).values()
    assert all(sentences) and "{" not in "".join(sentences)
    return defect


def lines(tmp_path: Path, content: bytes, media: str = NDJSON) -> ParsedDelivery:
    (tmp_path / "lines").write_bytes(content)
    return parse_delivery(tmp_path / "lines", media, None, None, SESSIONS)


def lines_refused(tmp_path: Path, content: bytes) -> InvalidDeliveryError:
    with pytest.raises(InvalidDeliveryError) as caught:
        lines(tmp_path, content)
    return worded(caught.value)


# ---- printed forms


def test_a_printed_form_gives_its_records_with_their_rows_and_nothing_else() -> None:
    parsed = read("printed_form.xlsx")
    assert parsed.row_numbers == [9, 10]
    assert parsed.columns["session_no"] == ["P01", "P02"]
    assert parsed.columns["kind"] == ["mobile", "job_day"]
    assert parsed.columns["fund"] == ["subproject_4_3", "other"]
    assert parsed.columns["cost_settled_vnd"] == [24_500_000, None]
    assert parsed.notes == {
        "title_rows": 4,
        "header_rows": 2,
        "numbering_rows": 1,
        "subtotal_rows": 3,
        "blank_rows": 1,
        "signature_rows": 4,
    }


def test_a_table_on_a_later_sheet_is_found() -> None:
    assert read("table_on_the_second_sheet.xlsx").columns["session_no"] == ["P01"]


def test_a_table_on_two_sheets_is_refused() -> None:
    defect = refused("table_on_two_sheets.xlsx")
    assert defect.rule_name == "one_table" and "“Biểu 2”" in defect.details["sheets_vi"]


def test_error_cells_and_formulas_without_a_value_are_unreadable_and_not_empty() -> None:
    parsed = read("error_cell_and_formula_without_value.xlsx")
    normalised = normalise_columns(parsed, SESSIONS)
    assert normalised.columns["commune_code"] == [None, "27991"]
    assert normalised.issues == [["commune_code:formula_error"], ["cost_planned_vnd:formula_error"]]


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("plain.csv", None),
        ("plain.csv", "UTF-8"),
        ("byte_order_mark_and_semicolons.csv", None),
        ("utf16_tabs.csv", "utf-16"),
        ("utf16_tabs.csv", None),
        ("windows_1258.csv", "windows-1258"),
        ("columns_in_another_order.csv", None),
    ],
)
def test_a_text_file_is_read_in_every_encoding_and_delimiter_of_offices(name: str, encoding: str | None) -> None:
    parsed = read(name, encoding)
    assert parsed.row_numbers == [2, 3]
    normalised = normalise_columns(parsed, SESSIONS)
    assert normalised.columns["name"] == ["Phiên lưu động xã Mỹ Yên", "Ngày hội việc làm"]
    assert normalised.columns["cost_settled_vnd"] == [24_500_000, None]
    assert normalised.columns["held_on"] == [date(2023, 6, 10), date(2023, 6, 12)]
    assert not any(normalised.issues)


def test_a_spreadsheet_and_a_text_file_of_the_same_records_are_the_same() -> None:
    sheet, text = (normalise_columns(read(name), SESSIONS).columns for name in ("printed_form.xlsx", "plain.csv"))
    assert sheet == text


def test_decomposed_letters_are_composed_and_noted() -> None:
    normalised = normalise_columns(read("decomposed_letters.csv"), SESSIONS)
    assert normalised.columns["name"] == ["Phiên lưu động xã Mỹ Yên"] and "name:nfc" in normalised.notes[0]


def test_a_form_with_only_a_header_is_an_empty_delivery() -> None:
    parsed = read("header_alone.csv")
    assert parsed.row_numbers == [] and set(parsed.columns) == {f.name for f in SESSIONS.sent_fields}


def test_a_null_byte_spoils_one_value_at_most() -> None:
    assert normalise_columns(read("null_byte.csv"), SESSIONS).columns["name"][0] == "Phiên lưu động xã Mỹ Yên"


def test_a_value_of_a_megabyte_is_one_unreadable_value(tmp_path: Path) -> None:
    text = (FIXTURES / "plain.csv").read_text(encoding="utf-8").replace("Ngày hội việc làm,N", "x" * 1_000_000 + ",N")
    (tmp_path / "huge.csv").write_text(text, encoding="utf-8")
    normalised = normalise_columns(parse_delivery(tmp_path / "huge.csv", CSV, None, "TT01-2022/csv-a", SESSIONS), SESSIONS)
    assert normalised.issues == [[], ["name:too_long"]]


@pytest.mark.parametrize(
    ("name", "rule", "details"),
    [
        (
            "renamed_and_added_column.xlsx",
            "header_recognised",
            {"missing": "Tên phiên giao dịch việc làm", "unexpected": "tên phiên, ý kiến"},
        ),
        ("column_renamed.csv", "header_recognised", {"missing": "Mã xã", "unexpected": "mã phường xã"}),
        ("column_left_out.csv", "header_recognised", {"missing": "Số người tham gia", "unexpected": "-"}),
        ("column_twice.csv", "header_recognised", {"missing": "Số doanh nghiệp", "unexpected": "mã xã"}),
        ("value_under_no_header.xlsx", "shape", {"row": 9}),
        ("unbalanced_quote.csv", "shape", {"row": 2}),
        ("row_with_one_column_more.csv", "shape", {"row": 2}),
        ("row_with_one_column_less.csv", "shape", {"row": 2}),
        ("windows_1258.csv", "encoding_readable", {"encoding": "utf-8", "row": 1}),
        ("mojibake.csv", "text_readable", {"legacy": "mojibake", "share_pct": 100, "column": "name"}),
        ("letters_lost.csv", "text_readable", {"legacy": "lost"}),
        ("old_font.csv", "text_readable", {"legacy": "tcvn3"}),
        ("old_font_header_too.csv", "text_readable", {"legacy": "tcvn3"}),
        ("login_page.csv", "file_kind", {"found": "html", "found_vi": "trang web (HTML)"}),
        ("pdf.csv", "file_kind", {"found": "pdf"}),
        ("zero_bytes.csv", "not_empty", {}),
        ("spaces_alone.csv", "not_empty", {}),
        ("nothing_in_it.xlsx", "not_empty", {}),
        ("macros.xlsx", "file_kind", {"found": "macros", "found_vi": "tệp có macro"}),
        ("password.xlsx", "file_kind", {"found": "password", "found_vi": "tệp có mật khẩu"}),
        ("old_excel_named_xlsx.xlsx", "file_kind", {"found": "xls"}),
        ("cut_short.xlsx", "file_kind", {"found": "damaged"}),
        ("bomb.xlsx", "too_large", {}),
        ("far_cell.xlsx", "too_large", {"quantity": "cells"}),
    ],
)
def test_a_bad_file_is_refused_by_the_rule_that_names_its_defect(name: str, rule: str, details: dict[str, object]) -> None:
    defect = refused(name)
    assert defect.rule_name == rule
    assert details.items() <= defect.details.items()


def test_every_bad_file_is_used() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [f.name for f in FIXTURES.iterdir() if f.suffix in (".csv", ".xlsx") and f'"{f.name}"' not in source] == []


def test_a_file_of_people_without_a_header_is_refused_without_naming_them() -> None:
    defect = refused("people_without_header.csv")
    assert defect.rule_name == "header_recognised"
    assert "Trần" not in str(defect) and "0801" not in str(defect)


@pytest.mark.parametrize("encoding", ["tcvn3", "rot13", "unicode_escape", "utf-7"])
def test_an_unsupported_encoding_is_refused(encoding: str) -> None:
    assert refused("plain.csv", encoding).rule_name == "encoding_readable"


@pytest.mark.parametrize("form", [None, "TT01-2022", "../../etc/passwd", "TT01-2022/../xlsx-a", "TT99/x"])
def test_a_form_version_without_a_layout_is_refused(form: str | None) -> None:
    with pytest.raises(InvalidDeliveryError) as caught:
        parse_delivery(FIXTURES / "plain.csv", CSV, None, form, SESSIONS)
    assert caught.value.rule_name == "form_version_known"


def test_another_media_type_is_refused() -> None:
    with pytest.raises(InvalidDeliveryError) as caught:
        parse_delivery(FIXTURES / "plain.csv", "application/pdf", None, None, SESSIONS)
    assert caught.value.rule_name == "file_kind"


def test_a_record_without_its_key_is_still_a_record(tmp_path: Path) -> None:
    text = (FIXTURES / "plain.csv").read_text(encoding="utf-8").replace("P02,Ngày hội việc làm", ",Tổng công ty Khai thác")
    (tmp_path / "f.csv").write_text(text.replace("Khác", ""), encoding="utf-8")
    parsed = parse_delivery(tmp_path / "f.csv", CSV, None, "TT01-2022/csv-a", SESSIONS)
    assert parsed.columns["session_no"] == ["P01", None] and "subtotal_rows" not in parsed.notes


def test_records_after_a_signature_are_not_lost(tmp_path: Path) -> None:
    head, first, second = (FIXTURES / "plain.csv").read_text(encoding="utf-8").splitlines()
    signature = "," * 9 + '"Bến Lức, ngày 14 tháng 6 năm 2023",'.removesuffix(",") + ","
    (tmp_path / "f.csv").write_text("\n".join([head, first, signature, "Người lập biểu" + "," * 10, second]), encoding="utf-8")
    parsed = parse_delivery(tmp_path / "f.csv", CSV, None, "TT01-2022/csv-a", SESSIONS)
    assert parsed.columns["session_no"] == ["P01", "P02"] and parsed.notes["signature_rows"] == 2


def test_the_sizes_that_an_archive_states_are_not_trusted(tmp_path: Path) -> None:
    content = bytearray((FIXTURES / "bomb.xlsx").read_bytes())
    place = content.rindex(b"PK\x01\x02", 0, content.index(b"xl/media/image1.bin", content.index(b"PK\x01\x02")))
    content[place + 24 : place + 28] = (100).to_bytes(4, "little")  # the size before packing, in the central directory
    (tmp_path / "liar.xlsx").write_bytes(content)
    with pytest.raises(InvalidDeliveryError) as caught:
        parse_delivery(tmp_path / "liar.xlsx", XLSX, None, "TT01-2022/xlsx-a", SESSIONS)
    assert caught.value.details["found"] == "damaged"


@pytest.mark.parametrize("seed", range(200))
def test_a_damaged_workbook_is_refused_or_read_and_never_breaks_the_reader(seed: int) -> None:
    random = Random(seed)
    content = bytearray((FIXTURES / "printed_form.xlsx").read_bytes())
    for _ in range(random.randint(1, 8)):
        content[random.randrange(len(content))] = random.randrange(256)
    with suppress(InvalidDeliveryError):
        workbooks.read_workbook(bytes(content))


def test_a_panic_of_the_reader_refuses_one_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):  # what the Rust reader raises is called so, and is no Exception either
        pass

    def panic(*_: object) -> None:
        raise PanicException

    monkeypatch.setattr("python_calamine.CalamineWorkbook", type("Workbook", (), {"from_filelike": panic}))
    assert refused("printed_form.xlsx").details["found"] == "damaged"


# ---- JSON lines


def test_records_are_read_with_their_ordinals(tmp_path: Path) -> None:
    parsed = lines(tmp_path, orjson.dumps(session_record(session_no="1")) + b"\n" + orjson.dumps(session_record(session_no="2")))
    assert parsed.columns["session_no"] == ["1", "2"] and parsed.row_numbers == [1, 2] and parsed.notes == {}


def session_record(**values: object) -> dict[str, object]:
    return {f.name: values.get(f.name) for f in SESSIONS.sent_fields} | values


def test_no_record_is_an_empty_delivery(tmp_path: Path) -> None:
    parsed = lines(tmp_path, b"", JSON)
    assert parsed.row_numbers == [] and parsed.columns["session_no"] == []


def test_an_added_field_is_reported_and_ignored(tmp_path: Path) -> None:
    parsed = lines(tmp_path, orjson.dumps(session_record(session_no="1", mood="good")))
    assert parsed.unknown_columns == ["aaaa"] and "mood" not in parsed.columns


def test_a_field_that_was_renamed_is_never_silently_empty(tmp_path: Path) -> None:
    record = session_record(session_no="1")
    record["attendees"] = record.pop("attendees_declared")
    defect = lines_refused(tmp_path, orjson.dumps(record))
    assert defect.rule_name == "header_recognised"
    assert defect.details == {"missing": "attendees_declared", "unexpected": "attendees"}


def test_a_required_field_that_no_record_has_is_missing(tmp_path: Path) -> None:
    record = session_record()
    del record["session_no"]
    assert lines_refused(tmp_path, orjson.dumps(record)).details["missing"] == "session_no"


def test_records_of_different_shape_are_read_field_by_field(tmp_path: Path) -> None:
    sparse = {"session_no": "2", "kind": "fixed"}
    parsed = lines(tmp_path, orjson.dumps(session_record(session_no="1")) + b"\n" + orjson.dumps(sparse))
    assert parsed.columns["session_no"] == ["1", "2"] and parsed.columns["kind"] == [None, "fixed"]
    assert parsed.columns["name"] == [None, None]


@pytest.mark.parametrize(
    ("line", "rule", "problem"),
    [
        (b'{"session_no": "2"', "shape", "not JSON"),
        (b"[]", "shape", "not a record"),
        (b"null", "shape", "not a record"),
        (b'{"session_no": NaN}', "shape", "not JSON"),
        (b'{"session_no": "\\ud800"}', "shape", "not JSON"),
        (b'{"session_no": "\xff"}', "encoding_readable", None),
        (b'{"session_no": ' + b"[" * 60 + b"]" * 60 + b"}", "shape", "nested too deep"),
        (b'{"session_no": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "shape", "nested too deep"),
        (b'{"unknown": ' + b'{"a":' * 60 + b"1" + b"}" * 60 + b"}", "shape", "nested too deep"),
    ],
)
def test_a_line_that_is_not_a_record_is_named_by_its_row(tmp_path: Path, line: bytes, rule: str, problem: str | None) -> None:
    good = orjson.dumps(session_record(session_no="1"))
    defect = lines_refused(tmp_path, good + b"\n" + line + b"\n" + good + b"\n")
    assert (defect.rule_name, defect.details["row"], defect.details.get("problem")) == (rule, 2, problem)


def test_a_web_page_in_place_of_records_is_refused(tmp_path: Path) -> None:
    assert lines_refused(tmp_path, b"\n <html><body>login</body></html>").rule_name == "file_kind"


def test_how_deep_a_value_is_nested() -> None:
    assert [nesting(v) for v in (1, [], [1], {"a": [1, {}]}, [[]] * 3)] == [0, 1, 1, 3, 2]
    assert MAX_DEPTH == 50


TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


@given(
    st.lists(
        st.fixed_dictionaries({f.name: st.none() | TEXT | st.integers(-(2**53), 2**53) | st.booleans() for f in SESSIONS.sent_fields}),
        max_size=5,
    )
)
def test_reading_gives_back_what_was_written(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, object]]) -> None:
    path = tmp_path_factory.mktemp("lines") / "lines"
    path.write_bytes("".join(json.dumps(r, sort_keys=True, ensure_ascii=False) + "\n" for r in records).encode())
    try:
        parsed = parse_delivery(path, JSON, None, None, SESSIONS)
    except InvalidDeliveryError as defect:
        assert defect.rule_name == "text_readable"
        return
    assert [dict(zip(parsed.columns, row, strict=True)) for row in zip(*parsed.columns.values(), strict=True)] == records


@given(st.binary(max_size=300), st.sampled_from([JSON, NDJSON, CSV, XLSX]), st.sampled_from([None, "utf-16", "windows-1258"]))
def test_no_bytes_break_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes, media: str, encoding: str | None) -> None:
    path = tmp_path_factory.mktemp("bytes") / "delivery"
    path.write_bytes(content if media != XLSX else b"PK\x03\x04" + content)
    try:
        parse_delivery(path, media, encoding, "TT01-2022/csv-a", SESSIONS)
    except InvalidDeliveryError as defect:
        assert defect.details is not None


@pytest.mark.parametrize(
    ("broken", "names", "is_refused"),
    [(1, 1, True), (1, 2, False), (1, 6, False), (2, 6, True), (2, 2, True), (2, 40, False), (3, 59, True)],
)
def test_one_name_in_an_old_font_does_not_refuse_the_others_of_a_short_delivery(
    tmp_path: Path, broken: int, names: int, is_refused: bool
) -> None:
    record = {f.name: None for f in SESSIONS.sent_fields}
    typed = ["c«ng nh©n may"] * broken + ["Phiên lưu động"] * (names - broken)
    content = "\n".join(json.dumps({**record, "name": name}) for name in typed).encode()
    if is_refused:
        assert lines_refused(tmp_path, content).rule_name == "text_readable"
    else:
        assert lines(tmp_path, content).old_font["name"] == {"c«ng nh©n may"}


def test_file_names_may_be_composed_in_any_way() -> None:
    assert unicodedata.is_normalized("NFC", read("plain.csv").columns["name"][0])
