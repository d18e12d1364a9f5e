"""The forms as offices fill them in: spreadsheets and text files that other programs read too."""

import csv
import io
import unicodedata
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from simulator.area import SENDER_CODES, read_districts
from simulator.files import TITLES, as_tcvn3, encode, fill_in, write_csv, write_xlsx
from simulator.province import SEED, night
from simulator.workbook import Sheet, write_workbook


@pytest.fixture(scope="module")
def hand_overs():
    return {(h.feed, h.district.code): h for h in night(SEED, 0.05, "clean", SENDER_CODES, {})[0]}


@pytest.fixture(scope="module")
def employers(hand_overs):
    return hand_overs["employers", "803"].records


DISTRICT = read_districts()["803"]


def sheet_of(content: bytes, place: int = -1):
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[place]


def test_a_workbook_is_the_same_bytes_each_time_and_openpyxl_reads_its_cells():
    rows = [["a & <b>", None, " x "], [1, 2.5, date(2023, 6, 14)], ["#N/A", "", "a & <b>"]]
    content = write_workbook([Sheet("Một", rows, range(1), [(0, 0, 0, 1)]), Sheet("Hai & ba", [])])
    assert content == write_workbook([Sheet("Một", rows, range(1), [(0, 0, 0, 1)]), Sheet("Hai & ba", [])])
    assert {part.date_time for part in zipfile.ZipFile(io.BytesIO(content)).infolist()} == {(2023, 6, 14, 8, 0, 0)}
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Một", "Hai & ba"]
    sheet = book.worksheets[0]
    assert [[c.value for c in row] for row in sheet.iter_rows()] == [
        ["a & <b>", None, " x "],
        [1, 2.5, datetime(2023, 6, 14)],
        ["#N/A", None, "a & <b>"],
    ]
    assert sheet["A3"].data_type == "e"
    assert sheet["A1"].font.b
    assert sheet["C2"].number_format == "dd/mm/yyyy"
    assert [str(r) for r in sheet.merged_cells.ranges] == ["A1:B1"]


def test_a_column_beyond_z_has_two_letters():
    assert sheet_of(write_workbook([Sheet("s", [[None] * 27 + ["here"]])]))["AB1"].value == "here"


def test_a_form_has_title_merged_header_numbering_groups_and_signature(employers):
    table = fill_in("employers", "TT01-2022/xlsx-a", employers, DISTRICT)
    sheet = sheet_of(write_xlsx(table, "employers", DISTRICT, groups_first=True))
    rows = [[c for c in row if c is not None] for row in sheet.iter_rows(values_only=True)]
    assert rows[0] == ["UBND HUYỆN BẾN LỨC"]
    assert [TITLES["employers"]] in rows
    assert any("mô phỏng" in str(row) for row in rows), "it says that it is synthetic"
    merged = {str(r) for r in sheet.merged_cells.ranges}
    assert {"A8:A9", "H8:I8"} <= merged
    assert [str(n) for n in range(1, 94)] in rows
    assert any(row[:1] == ["I"] for row in rows)
    assert any(row[:1] == ["Tổng cộng"] for row in rows)
    assert ["NGƯỜI LẬP BIỂU"] in rows


def test_sub_totals_add_up_to_the_total(employers):
    for form, first in (("xlsx-a", True), ("xlsx-b", False)):
        table = fill_in("employers", f"TT01-2022/{form}", employers, DISTRICT)
        at = next(n for n, column in enumerate(table.columns) if column.field == "planned_hires_6m")
        rows = list(sheet_of(write_xlsx(table, "employers", DISTRICT, groups_first=first)).iter_rows(values_only=True))
        body = [row for row in rows if isinstance(row[at], int)]
        records = sum(row[at] for row in body if isinstance(row[0], int))
        total = [row[at] for row in body if "Tổng cộng" in row]
        groups = sum(row[at] for row in body if not isinstance(row[0], int) and "Tổng cộng" not in row)
        assert [records] == [groups] == total


def test_the_second_workbook_has_its_table_behind_a_sheet_of_instructions(employers):
    table = fill_in("employers", "TT01-2022/xlsx-b", employers, DISTRICT)
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(table, "employers", DISTRICT, groups_first=False)))
    assert book.sheetnames == ["Hướng dẫn", "Nhu cầu"]
    assert any(str(row[1]).startswith("Cộng ") for row in book.worksheets[1].iter_rows(values_only=True))


def test_every_line_of_a_text_file_has_as_many_cells(employers):
    for form, bare, delimiter in (("csv-a", True, ","), ("csv-b", False, ";")):
        table = fill_in("employers", f"TT01-2022/{form}", employers, DISTRICT)
        text = write_csv(table, "employers", DISTRICT, "utf-8", bare=bare).decode()
        widths = {len(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)}
        assert widths == {len(table.columns)}


def test_codes_keep_their_zeros_and_grids_their_items(employers):
    table = fill_in("employers", "TT01-2022/xlsx-a", employers, DISTRICT)
    for row, record in zip(table.rows, employers, strict=True):
        filled = dict(zip((c.header for c in table.columns), row, strict=True))
        assert filled["Mã số NSDLĐ"] == record["employer_no"]
        assert filled["Ngày thu thập"] == date.fromisoformat(record["surveyed_on"])
        for item in record["demand_grid"]:
            assert filled[f"Số lượng tuyển theo mã nghề cấp 2 > {item['vsco2']}"] == item["quantity"]
            assert filled[f"Trong đó nữ theo mã nghề cấp 2 > {item['vsco2']}"] == item["quantity_female"]


@pytest.mark.parametrize("encoding", ("utf-8", "utf-8-sig", "utf-16", "windows-1258"))
def test_encodings_lose_nothing(encoding):
    text = "Nguyễn Thị Ỷ Lan ở Đức Huệ: Ướt ĐẪM, ngờ vực; Quỳnh\r\n"
    read = encode(text, encoding).decode("cp1258" if encoding == "windows-1258" else encoding)
    assert unicodedata.normalize("NFC", read) == text
    assert encode(text, encoding).startswith(b"\xff\xfe") == (encoding == "utf-16"), "a byte order mark, on every machine"


def test_tcvn3_has_a_sign_for_every_letter_of_vietnamese():
    letters = "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵ"
    signs = as_tcvn3(letters)
    assert len(set(signs)) == len(letters)
    assert not set(signs) & set("ăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ")
    assert as_tcvn3("Nguyễn Văn Đức") == "NguyÔn V¨n §øc"
    assert encode("Nguyễn", "tcvn3") == b"Nguy\xd4n"
